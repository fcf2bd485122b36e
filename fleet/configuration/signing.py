"""The configuration key of the fleet: Ed25519 (RFC 8032), made once, kept in the state folder. Signs canonical bytes; does not
depend on their content.
"""

import hashlib
import os
import shlex
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.errors import StateFolderError
from host.atomic_file import replace_file, sync_folder
from host.faults_in_words import of_system

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
    """Whole or not at all. Raises FileExistsError: a key that gateways have pinned is never replaced by accident; OSError."""
    private = Ed25519PrivateKey.generate().private_bytes_raw()
    beside = folder / f"{KEY_FILE}.new"
    replace_file(beside, (private.hex() + "\n").encode(), 0o600)
    os.link(beside, folder / KEY_FILE)
    beside.unlink()
    sync_folder(folder)


def load_signing_key(folder: Path) -> SigningKey:
    """Raises StateFolderError when it is missing, damaged, unreadable, or readable by others."""
    path = folder / KEY_FILE
    try:
        if path.stat().st_mode & 0o077:
            raise StateFolderError(path, f"must be readable by its owner only (mode 0600) -> chmod 600 {shlex.quote(str(path))}")
        return SigningKey(bytes.fromhex(path.read_text().strip()))
    except FileNotFoundError:
        has_record = any(folder.glob("*.sqlite"))
        advice = put_back_advice(folder) if has_record else f"for a new fleet: airgrid-fleet init; else {put_back_advice(folder)}"
        raise StateFolderError(path, f"there is no signing key -> {advice}") from None
    except PermissionError:
        advice = f"give it to the owner of its folder: chown --reference={shlex.quote(str(folder))} {shlex.quote(str(path))}"
        raise StateFolderError(path, f"this user may not read it -> {advice}") from None
    except OSError as error:
        raise StateFolderError(path, " -> ".join(of_system(error))) from error
    except ValueError:
        raise StateFolderError(path, f"is damaged: 64 hex digits are expected -> {put_back_advice(folder)}") from None


def put_back_advice(folder: Path) -> str:
    """The key alone: the record may be newer than the copy."""
    return (
        f"put that of a copy back: tar -xf COPY -C {shlex.quote(str(folder))} --strip-components=1 state/{KEY_FILE}; "
        "without a copy every gateway has to enrol anew, with a new fleet in another folder"
    )
