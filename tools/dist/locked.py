"""Which packages of the lock file are installed where airgrid runs: all but those that only build it. Pure.

An entry of the lock file, as uv writes it:

    httptools==0.9.0 \
        --hash=sha256:0123...          one for every file of that version
    # via airgrid (pyproject.toml)     who asked; several stand below each other, one a line
"""

import re

_BUILD_ONLY = "-r requirements/build.in"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def run_time(lock: str) -> str:
    """The entries that something else than requirements/build.in asks for, with their hashes."""
    return "".join(entry for entry in _entries(lock) if _asked_by(entry) != [_BUILD_ONLY])


def names(lock: str) -> list[str]:
    found = (_NAME.match(entry) for entry in _entries(lock))
    return [match[0] for match in found if match]


def pinned(wheel: str, version: str, digest: str) -> str:
    """An entry for one file, by its SHA-256."""
    return f"{wheel}=={version} \\\n    --hash=sha256:{digest}\n"


def _entries(lock: str) -> list[str]:
    return [entry for entry in re.split(r"(?m)^(?=[A-Za-z0-9])", lock) if _NAME.match(entry)]


def _asked_by(entry: str) -> list[str]:
    _, _, after = entry.partition("# via")
    return [line.strip(" #") for line in after.splitlines() if line.strip(" #")]
