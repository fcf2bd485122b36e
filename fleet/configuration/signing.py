"""The configuration key of the fleet: Ed25519 (RFC 8032), made once, kept in the state folder. Signs canonical bytes; does not
depend on their content.
"""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.errors import StateFolderError

KEY_FILE = "configuration.key"


class SigningKey:
    """id: the first 16 hex digits of the SHA-256 of the public key."""

    def __init__(self, private_bytes: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(private_bytes)
        self.public_bytes = self._private.public_key().public_bytes_raw()
        self.id = hashlib.sha256(self.public_bytes).hexdigest()[:16]

    def sign(self, message: bytes) -> str:
        """64 bytes, as hex."""
        return self._private.sign(message).hex()


def create_signing_key(folder: Path) -> None:
    """Raises FileExistsError: a key that gateways have pinned is never replaced by accident."""
    private = Ed25519PrivateKey.generate().private_bytes_raw()
    descriptor = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(private.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def load_signing_key(folder: Path) -> SigningKey:
    """Raises StateFolderError when it is missing, damaged, or readable by others."""
    path = folder / KEY_FILE
    if not path.exists():
        raise StateFolderError(path, "there is no signing key; restore it from a copy, or run airgrid-fleet init for a new fleet")
    if path.stat().st_mode & 0o077:
        raise StateFolderError(path, "must be readable by its owner only (mode 0600)")
    try:
        return SigningKey(bytes.fromhex(path.read_text().strip()))
    except ValueError:
        raise StateFolderError(path, "is damaged: 64 hex digits are expected") from None
