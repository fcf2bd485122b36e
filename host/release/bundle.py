"""A bundle as its folder describes it; `install` has checked its hashes before."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

_DIGITS = 8


@dataclass(frozen=True)
class Bundle:
    """`release`: the version and the beginning of the bundle's hash, so that two builds of one version are two releases."""

    folder: Path
    release: str

    @property
    def wheels(self) -> Path:
        return self.folder / "wheels"

    @property
    def requirements(self) -> Path:
        return self.folder / "requirements.txt"


def read_bundle(folder: Path) -> Bundle:
    about = dict(line.split("=", 1) for line in (folder / "about").read_text(encoding="utf-8").splitlines() if "=" in line)
    digest = hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest()
    return Bundle(folder, f"{about['VERSION']}-{digest[:_DIGITS]}")
