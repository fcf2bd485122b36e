"""An archive of a copy: a tar (POSIX ustar) of plain files, the manifest first, the others in its order and of its sizes, and nothing else.

Written and read as a stream. The reader takes single headers and follows nothing: links, folders, sparse files, long names, compression
and whatever the manifest does not name are refused, and it never holds more than a block in memory.

    manifest.json   header 512 bytes | content | padding to 512
    state/...       header 512 bytes | content | padding to 512
                    1024 zero bytes, or up to 10240
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from host.copies import manifest as manifests
from host.copies.manifest import CopiedFile, Manifest
from host.copies.progress import Progress
from host.errors import CopyError
from host.faults_in_words import of_system

_BLOCK = 512
_RECORD = 20 * _BLOCK  # what tar programs fill up to
_CHUNK = 1 << 20


def describe(path: str, source: Path) -> CopiedFile:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return CopiedFile(path, size, digest.hexdigest())


def write(target: Path, manifest: Manifest, sources: Mapping[str, Path], progress: Progress) -> None:
    """`sources`: by path in the archive; they must not change meanwhile. Readable by its owner only; forced to the disk. Raises OSError."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        content = manifests.encoded(manifest)
        _write_file(out, manifests.FILE, len(content), io.BytesIO(content), lambda size: None)
        done = 0
        for file in manifest.files:

            def advance(size: int) -> None:
                nonlocal done
                done += size
                progress("write", done, manifest.total_bytes)

            with sources[file.path].open("rb") as source:
                _write_file(out, file.path, file.bytes, source, advance)
        out.write(bytes(2 * _BLOCK))
        out.flush()
        os.fsync(out.fileno())


def _write_file(out: BinaryIO, name: str, size: int, source: BinaryIO, advance: Callable[[int], None]) -> None:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    out.write(header.tobuf(tarfile.GNU_FORMAT))  # as ustar, but sizes beyond 8 GiB are allowed
    left = size
    while left:
        chunk = source.read(min(_CHUNK, left))
        if not chunk:
            raise CopyError(name, "became shorter while it was copied")
        out.write(chunk)
        left -= len(chunk)
        advance(len(chunk))
    out.write(bytes(-size % _BLOCK))


class ArchiveReader:
    """`manifest` is read at once. Raises CopyError on anything that `write` would not have written. Keeps the file open until `close`."""

    def __init__(self, path: Path, service: str) -> None:
        self.path = path
        self._service = service
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            words = of_system(error)
            raise CopyError(str(path), f"{words.text} -> {words.advice}") from error
        self.manifest = self._read_manifest(service)

    def close(self) -> None:
        self._file.close()

    def check(self, progress: Progress) -> None:
        """All of it, without writing anything."""
        self._read_files(lambda file, chunks: sum(map(len, chunks)), partial(progress, "check"))

    def extract(self, folder: Path, progress: Progress) -> None:
        """Every file below the folder, at its path in the archive, which must not be there yet; forced to the disk."""
        for name in (manifests.STATE, manifests.CONFIGURATION):
            (folder / name).mkdir(mode=0o700)

        def place(file: CopiedFile, chunks: Iterator[bytes]) -> None:
            with os.fdopen(os.open(folder / file.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.writelines(chunks)
                out.flush()
                os.fsync(out.fileno())

        self._read_files(place, partial(progress, "extract"))

    def _read_manifest(self, service: str) -> Manifest:
        size = self._header(manifests.FILE)
        if size > manifests.MOST_BYTES:
            raise self._fault("it is no copy: its manifest is too long")
        try:
            return manifests.decoded(b"".join(self._content(size)), service)
        except ValueError as error:
            raise self._fault(str(error)) from error

    def _read_files(self, take: Callable[[CopiedFile, Iterator[bytes]], object], progress: Callable[[int, int], None]) -> None:
        self._file.seek(0)
        for _ in self._content(self._header(manifests.FILE)):
            pass
        done = 0
        for file in self.manifest.files:
            if self._header(file.path) != file.bytes:
                raise self._fault(f"it is damaged: {file.path} has another size than its manifest says")
            digest = hashlib.sha256()

            def chunks(file: CopiedFile = file, digest: Any = digest) -> Iterator[bytes]:
                nonlocal done
                for chunk in self._content(file.bytes):
                    digest.update(chunk)
                    done += len(chunk)
                    progress(done, self.manifest.total_bytes)
                    yield chunk

            take(file, chunks())
            if digest.hexdigest() != file.sha256:
                raise self._fault(f"it is damaged: {file.path} has another SHA-256 than its manifest says")
        end = self._file.read(_RECORD + 1)
        if not 2 * _BLOCK <= len(end) <= _RECORD or end.strip(b"\0"):
            raise self._fault("it is damaged: it does not end where it should")

    def _header(self, name: str) -> int:
        """The size of the file that begins here."""
        try:
            header = tarfile.TarInfo.frombuf(self._file.read(_BLOCK), "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise self._fault(f"it is no copy, or cut short: {name} is expected") from error
        if header.type != tarfile.REGTYPE or header.name != name or header.size < 0:
            raise self._fault(f"it is no copy: {name} is expected, and {header.name[:80]!r} stands there")
        return header.size

    def _content(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            chunk = self._file.read(min(_CHUNK, left))
            if not chunk:
                raise self._fault("it is cut short: its end is missing")
            left -= len(chunk)
            yield chunk
        if self._file.read(-size % _BLOCK).strip(b"\0"):
            raise self._fault("it is damaged: something stands between its files")

    def _fault(self, reason: str) -> CopyError:
        return CopyError(str(self.path), f"{reason}; nothing was changed -> name another copy that {self._service} backup has written")
