"""Fetches the wheels of a target by pip, from the index that pip is configured for: wheels only, each by its hash of the lock file."""

import shutil
import sys
from pathlib import Path

from tools.dist.errors import DistError
from tools.dist.targets import Target, platforms
from tools.setup.errors import SetupError
from tools.setup.running import run


def fetch(target: Target, requirements: Path, cache: Path, folder: Path) -> None:
    """Into the folder, by way of the cache. Raises DistError: among other things for a package that has no wheel for the target."""
    cache.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    python = target.suite.python
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--only-binary=:all:", "--no-deps", "--require-hashes", "--implementation", "cp", "--python-version", python),
        *(word for abi in (f"cp{python.replace('.', '')}", "abi3", "none") for word in ("--abi", abi)),
        *(word for platform in platforms(target) for word in ("--platform", platform)),
        *("--find-links", str(cache), "--requirement", str(requirements), "--dest", str(folder)),
    ]
    try:
        run(command)
    except SetupError as error:
        raise DistError(f"{target.name}: not every package of the lock file can be had as a wheel for it\n{error}") from error
    for wheel in folder.glob("*.whl"):
        shutil.copy(wheel, cache)
