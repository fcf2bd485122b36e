"""Makes the virtual environment of a release from a bundle, whole or not at all, and puts a release into use by one change of a link."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from host.atomic_file import replace_file, replace_link
from host.errors import ReleaseError
from host.release import journal
from host.release.bundle import Bundle
from host.release.places import PARTS, Places

# Written last: an environment without it is of a run that was cut.
_COMPLETE = "airgrid-complete"
# Of Raspberry Pi OS: the library for pins. It is compiled for Debian's Python, which is the one that is used here.
_PIN_LIBRARY = ("lgpio.py", "_lgpio*.so")
_DEBIAN_PACKAGES = Path("usr/lib/python3/dist-packages")


def make_release(bundle: Bundle, places: Places) -> bool:
    """False: it is there already. Raises ReleaseError; running it again begins anew."""
    folder = places.release(bundle.release)
    if is_complete(folder):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-I", "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-deps", "--require-hashes", "--find-links", str(bundle.wheels), "--requirement", str(bundle.requirements)]
    _run([*pip, *offline])
    _link_pin_library(folder, places)
    shutil.copytree(bundle.folder / "installer", folder / "installer")
    # Everything is on the disk before it is said to be.
    os.sync()
    replace_file(folder / _COMPLETE, b"")
    return True


def is_complete(release: Path) -> bool:
    return (release / _COMPLETE).is_file()


def put_into_use(part: str, release: str, places: Places) -> None:
    """One rename: before it the old one is in use, after it the new one."""
    _replace_link(places.in_use(part), Path("releases") / release)
    places.links.mkdir(parents=True, exist_ok=True)
    _replace_link(places.links / PARTS[part], Path("/opt/airgrid") / part / "bin" / PARTS[part])


def in_use(part: str, places: Places) -> str | None:
    link = places.in_use(part)
    return link.readlink().name if link.is_symlink() else None


def parts_in_use(places: Places) -> list[str]:
    return [part for part in PARTS if places.in_use(part).is_symlink()]


def remove_unused(places: Places) -> None:
    """Releases that no part runs on, and no trial may need."""
    # Trials first: one that ends meanwhile has changed its link by then.
    needed: set[str | None] = {name for trial in journal.running(places) for name in (trial.release, trial.previous)}
    needed |= {in_use(part, places) for part in PARTS}
    for path in places.releases.glob("*"):
        if path.name not in needed:
            shutil.rmtree(path, ignore_errors=True)


def _replace_link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    replace_link(path, target)


def _link_pin_library(folder: Path, places: Places) -> None:
    packages = next((folder / "lib").glob("python3.*/site-packages"))
    for pattern in _PIN_LIBRARY:
        for file in (places.root / _DEBIAN_PACKAGES).glob(pattern):
            (packages / file.name).symlink_to(file)


def _run(command: list[str]) -> None:
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = (finished.stderr or finished.stdout).strip().splitlines()[-5:]
        raise ReleaseError(" ".join(command[:5]), "\n".join(said))
