"""Puts a bundle together: what people copy to a machine and install from."""

import gzip
import hashlib
import shutil
import tarfile
from pathlib import Path

from tools.dist import debs, locked, wheels
from tools.dist.targets import Target

_FILES = Path(__file__).parent / "files"
# What the installer is made of, besides its own package: standard library only.
_INSTALLER = (
    *("host/__init__.py", "host/errors.py", "host/faults_in_words.py", "host/atomic_file.py", "host/rights.py"),
    *("host/copies/__init__.py", "host/copies/progress.py", "host/copies/sqlite_copy.py"),
)
_INSTALLER_PACKAGE = "host/release"
_TESTED = "The tests of airgrid install this bundle on fresh machines."
_UNTESTED = "Its packages are resolved, fetched and checked by their hashes; it has **not been run** by the tests of airgrid."
_EPOCH_S = 315_532_800


def build(target: Target, wheel: Path, checkout: Path, own_suite: str) -> Path:
    """The folder, beside it the same as .tar.gz. `own_suite`: of this machine. Raises DistError."""
    made, cache = checkout / "build" / "dist", checkout / "build" / "dist-cache"
    version = wheel.name.split("-")[1]
    folder = made / f"airgrid-{version}-{target.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    debs.fetch(target, own_suite, cache / f"apt-{target.name}", cache / "debs", folder / "debs")
    _add_wheels(target, wheel, version, checkout, cache, folder)
    add_installer(checkout, folder / "installer")
    _add_words(target, version, folder)
    (folder / "SHA256SUMS").write_text(sums(folder))
    pack(folder, folder.with_name(f"{folder.name}.tar.gz"))
    return folder


def sums(folder: Path) -> str:
    """Of every file below the folder, as sha256sum writes it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    return "".join(f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)


def pack(folder: Path, archive: Path) -> None:
    """The same bytes of the same files: without owners and times."""
    with archive.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            entry = tar.gettarinfo(path, path.relative_to(folder.parent).as_posix())
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mtime = _EPOCH_S
            entry.mode = 0o755 if path.is_dir() or entry.mode & 0o100 else 0o644
            if path.is_file():
                with path.open("rb") as file:
                    tar.addfile(entry, file)
            else:
                tar.addfile(entry)


def _add_wheels(target: Target, wheel: Path, version: str, checkout: Path, cache: Path, folder: Path) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text(locked.run_time((checkout / "requirements" / "run.lock").read_text()))
    wheels.fetch(target, requirements, cache / "wheels", folder / "wheels")
    shutil.copy(wheel, folder / "wheels")
    with requirements.open("a") as file:
        file.write(locked.pinned("airgrid", version, digest(wheel)))


def add_installer(checkout: Path, installer: Path) -> None:
    """What `install` of a bundle runs before anything is installed."""
    names = [*_INSTALLER, *(f"{_INSTALLER_PACKAGE}/{path.name}" for path in sorted((checkout / _INSTALLER_PACKAGE).glob("*.py")))]
    for name in names:
        (installer / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / name, installer / name)
    shutil.copyfile(_FILES / "installer_main.py", installer / "__main__.py")


def _add_words(target: Target, version: str, folder: Path) -> None:
    suite, architecture = target.suite, target.architecture
    about = {
        "SUITE": suite.name,
        "DEBIAN": suite.debian,
        "ARCHITECTURE": architecture.name,
        "DEB_ARCHITECTURE": architecture.debian,
        "PYTHON": suite.python,
        "VERSION": version,
    }
    (folder / "about").write_text("".join(f"{name}={value}\n" for name, value in about.items()))
    words = {name.lower(): value for name, value in about.items()} | {"tested": _TESTED if architecture.is_tested else _UNTESTED}
    (folder / "README.md").write_text((_FILES / "README.md").read_text(encoding="utf-8").format(**words), encoding="utf-8")
    shutil.copyfile(_FILES / "install", folder / "install")
    (folder / "install").chmod(0o755)


def digest(path: Path) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
