"""A secret in a file of its own, and what is no secret: words that documentation, examples and screens have in its place."""

import re
from pathlib import Path

_MOST_BYTES = 4096
_PLACEHOLDERS = {
    "admin",
    "airgrid",
    "change",
    "changeit",
    "changeme",
    "default",
    "example",
    "password",
    "postgres",
    "secret",
    "test",
    "todo",
}
# <password>, ${password}, $PASSWORD, {{ password }}, %PASSWORD%, ***, xxx, ...
_STANDS_FOR_ONE = re.compile(r"<.*>|\$?\{.*\}|\$[A-Z_]+|%[A-Z_]+%|[*xX.…•-]*")


def read_secret(path: Path) -> str:
    """Its one line. Raises ValueError, in words that have nothing of it: a file that others may read counts as told."""
    try:
        if path.stat().st_mode & 0o007:
            raise ValueError(f"{path} may be read by others: chmod o= {path}")
        with path.open("rb") as file:
            lines = file.read(_MOST_BYTES + 1).decode("utf-8").splitlines()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ValueError(f"{path}: must be text in UTF-8") from None
    if len(lines) != 1 or not lines[0]:
        raise ValueError(f"{path}: must be one line, the secret")
    return lines[0]


def is_placeholder(secret: str) -> bool:
    return re.sub(r"[^a-z]", "", secret.lower()) in _PLACEHOLDERS or _STANDS_FOR_ONE.fullmatch(secret) is not None
