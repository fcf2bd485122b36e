"""The files of a district as one ZIP."""

import io
import zipfile
import zlib
from collections.abc import Collection, Mapping

from fleet.errors import MalformedError, TooLargeError

MOST_BYTES = 8 << 20
MOST_FILES = 20
# Of one file when it is unpacked.
MOST_FILE_BYTES = 16 << 20
# So that the same district is the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def unpack(content: bytes, wanted: Collection[str]) -> dict[str, bytes]:
    """By name, without folders; of names that are not wanted nothing is read. Raises MalformedError, TooLargeError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not _is_beside(entry)]
            if len(entries) > MOST_FILES:
                raise TooLargeError("files", MOST_FILES)
            names = [entry.filename.rpartition("/")[2] for entry in entries]
            if len(set(names)) < len(names):
                raise MalformedError("each file once: " + ", ".join(sorted({name for name in names if names.count(name) > 1})))
            return {name: _content(archive, entry) if name in wanted else b"" for name, entry in zip(names, entries)}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise MalformedError(f"a ZIP of the files of a district, without a password ({error})") from None


def pack(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _is_beside(entry: zipfile.ZipInfo) -> bool:
    """Folders, and what a desktop puts beside files."""
    return entry.is_dir() or entry.filename.startswith("__MACOSX/") or entry.filename.rpartition("/")[2].startswith(".")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # Others are unpacked whole before they are cut.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise MalformedError(f"{entry.filename} packed as ZIP usually is (Deflate), or not at all")
    # What an entry says of its size need not be so.
    with archive.open(entry) as opened:
        content = opened.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise TooLargeError(f"bytes in {entry.filename}", MOST_FILE_BYTES)
    return content
