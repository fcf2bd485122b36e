"""What people install: complete, without the bench and the tests, and the same bytes from the same source."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.dist import wheel
from tools.dist.errors import DistError
from tools.setup.steps import CHECKOUT


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel.build(CHECKOUT, tmp_path_factory.mktemp("wheel"))


def _copy(folder: Path) -> Path:
    """The sources in a repository of their own, by another hand: other times, other rights."""
    for name in wheel.sources(CHECKOUT):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(CHECKOUT / name, target)
        target.chmod(0o600)
        os.utime(target, (1_700_000_000, 1_700_000_000))
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def test_the_wheel_holds_pages_with_their_scripts_migrations_words_units_and_firmware(built: Path) -> None:
    held = set(zipfile.ZipFile(built).namelist())
    assert {
        "fleet/pages/static/vendor/uPlot.iife.min.js",
        "fleet/pages/static/vendor/leaflet.js",
        "fleet/pages/templates/page.html",
        "fleet/store/migrations/versions/r0001_spine.py",
        "fleet/locale/zh_CN/LC_MESSAGES/airgrid.mo",
        "gateway/installation/files/airgrid-gateway.service",
        "gateway/web/page.html",
        "firmware/boot.py",
        "firmware/node/boards/esp32.py",
        "contract/shipped_profiles.py",
    } <= held


def test_the_wheel_holds_neither_tests_nor_bench_nor_tools(built: Path) -> None:
    names = zipfile.ZipFile(built).namelist()
    assert not [name for name in names if "/tests/" in name or name.startswith(("hil_tests", "tools"))]


def test_the_same_source_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    again = wheel.build(_copy(tmp_path / "other"), tmp_path)
    assert again.read_bytes() == built.read_bytes()


def test_a_file_that_the_packaging_forgets_is_named(tmp_path: Path) -> None:
    checkout = _copy(tmp_path / "other")
    (checkout / "gateway" / "web" / "sound.ogg").write_bytes(b"new")
    with pytest.raises(DistError, match=r"gateway/web/sound\.ogg"):
        wheel.build(checkout, tmp_path)


def test_without_the_scripts_of_the_pages_no_wheel_is_built(tmp_path: Path) -> None:
    checkout = _copy(tmp_path / "other")
    shutil.rmtree(checkout / "fleet" / "pages" / "static" / "vendor")
    with pytest.raises(DistError, match="make setup"):
        wheel.build(checkout, tmp_path)


SHOW_FIRMWARE = """
import hashlib
from technician import build
print(build.SOURCES)
print(sorted((name, hashlib.sha256(content).hexdigest()) for name, content in build.flash_files("esp32").items()))
"""


def test_the_installed_wheel_builds_the_same_firmware_as_the_checkout(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path / "site")
    found = []
    for folder in (tmp_path / "site", CHECKOUT):
        run = subprocess.run(
            [sys.executable, "-c", SHOW_FIRMWARE], cwd=tmp_path, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True
        )
        place, files = run.stdout.splitlines()
        assert Path(place) == folder
        found.append(files)
    assert found[0] == found[1] and "/boot.py" in found[0]
