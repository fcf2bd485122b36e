"""The wheel of airgrid: from a copy of the sources, so that nothing left over from earlier builds gets in; the same source gives the
same bytes.

It holds all that runs, and none of the tests, the bench and the tools.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from tools.dist.errors import DistError
from tools.setup.environment import PAGE_SCRIPTS
from tools.setup.errors import SetupError
from tools.setup.running import run

PACKAGES = ("contract", "air", "firmware", "host", "gateway", "fleet", "technician")
_BESIDE = ("pyproject.toml", "README.md", "LICENSE")
_VENDOR = "fleet/pages/static/vendor"
# Not of the clock and not of git: what is the same gives the same bytes on every day. 1980 is the first year that a zip file knows.
_EPOCH_S = "315532800"
# What translators edit; the programs read the .mo files.
_NOT_INSTALLED = (".po",)


def build(checkout: Path, folder: Path) -> Path:
    """The wheel, in that folder. Raises DistError when a file of the sources is missing in it."""
    with tempfile.TemporaryDirectory(prefix="airgrid-wheel.") as scratch:
        source, made = Path(scratch) / "source", Path(scratch) / "made"
        names = _stage(checkout, source)
        _build(source, made)
        wheel = next(made.glob("*.whl"))
        forgotten = missing(names, wheel)
        if forgotten:
            raise DistError("not in the wheel, see [tool.setuptools] in pyproject.toml: " + ", ".join(forgotten))
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, folder))


def missing(names: list[str], wheel: Path) -> list[str]:
    """Which of the sources' files that belong into a wheel it lacks."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    return sorted(name for name in names if _is_installed(name) and name not in held)


def sources(checkout: Path) -> list[str]:
    """Files of the checkout that a build reads: what git knows or would take, and the scripts of the pages. Raises DistError."""
    try:
        listed = run(
            ["git", "-C", str(checkout), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PACKAGES, *_BESIDE]
        )
    except SetupError as error:
        raise DistError(f"a bundle is built from a git checkout: {error}") from error
    vendor = [f"{_VENDOR}/{PurePosixPath(script).name}" for script in PAGE_SCRIPTS]
    names = sorted({*filter(None, listed.split("\0")), *vendor})
    absent = [name for name in vendor if not (checkout / name).is_file()]
    if absent:
        raise DistError(f"{', '.join(absent)}: not there; please run: make setup")
    return [name for name in names if (checkout / name).is_file()]


def _is_installed(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] in PACKAGES and "tests" not in path.parts and path.suffix not in _NOT_INSTALLED


def _stage(checkout: Path, source: Path) -> list[str]:
    # Owner and umask of the user who checked it out would go into the wheel.
    source.mkdir(mode=0o755)
    names = sources(checkout)
    for name in names:
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / name, target)
        target.chmod(0o644)
    return names


def _build(source: Path, made: Path) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", _EPOCH_S)}
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(made)]
    finished = subprocess.run(
        [*command, str(source)], env=environment, umask=0o022, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise DistError(f"the wheel could not be built:\n{finished.stderr.strip()}")
