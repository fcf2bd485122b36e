"""What a copy of a service says of itself: the first file of its archive. Pure.

{"format": 1, "service": "airgrid-gateway", "name": "gw-east", "version": "0.1.0", "made_ms": 1795846000000,
 "files": [{"path": "state/buffer.sqlite", "bytes": 4096, "sha256": "<64 hex digits>"}, ...]}
"""

import json
import re
from collections.abc import Sequence

import msgspec

FILE = "manifest.json"
FORMAT = 1
MOST_BYTES = 1 << 20
MOST_FILES = 1000
# Where a file belongs: the state folder, or the configuration of the service.
STATE, CONFIGURATION = "state/", "configuration/"
_PATH = re.compile(r"(state|configuration)/[A-Za-z0-9_][A-Za-z0-9._-]{0,79}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class CopiedFile(msgspec.Struct, frozen=True):
    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`name`: whose copy it is, such as the gateway's name. `made_ms`: UTC, of the state that it holds."""

    format: int
    service: str
    name: str
    version: str
    made_ms: int
    files: Sequence[CopiedFile]

    @property
    def total_bytes(self) -> int:
        return sum(file.bytes for file in self.files)


def is_place(path: str) -> bool:
    """Whether a copy can have a file there: the rule for those who write a copy, and for those who read one."""
    return _PATH.match(path) is not None


def encoded(manifest: Manifest) -> bytes:
    return json.dumps(msgspec.to_builtins(manifest), indent=1).encode()


def decoded(content: bytes, service: str) -> Manifest:
    """Raises ValueError saying why it is no copy of that service."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise ValueError(f"its manifest is invalid: {error}") from error
    if manifest.format != FORMAT:
        raise ValueError(f"it has format {manifest.format}; this version reads {FORMAT}")
    if manifest.service != service:
        raise ValueError(f"it is a copy of {manifest.service}, not of {service}")
    fault = _fault_of_files(manifest.files)
    if fault:
        raise ValueError(fault)
    return manifest


def _fault_of_files(files: Sequence[CopiedFile]) -> str | None:
    if not 0 < len(files) <= MOST_FILES:
        return f"it has {len(files)} files; 1 to {MOST_FILES} are expected"
    if len({file.path for file in files}) != len(files):
        return "it has a file twice"
    for file in files:
        if not is_place(file.path):
            return f"it has a file where none belongs: {file.path!r}"
        if file.bytes < 0 or not _SHA256.match(file.sha256):
            return f"size or SHA-256 of {file.path} is invalid"
    return None
