"""The node's tests in the interpreter that the nodes run: every module here that needs nothing of CPython, and what only it has."""

import os
import subprocess
from pathlib import Path

import pytest

from firmware.tests.test_drivers_on_micropython import _MODULES as OF_THE_DRIVERS
from hil_tests.micropython import micropython_command

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[1]
_CPYTHON = ("import pytest", "import hypothesis", "from hypothesis", "from pathlib", "import subprocess", "from hil_tests")


def _is_portable(path: Path) -> bool:
    lines = path.read_text().splitlines()
    return not any(line.startswith(_CPYTHON) for line in lines)


PORTABLE = sorted(path.stem for path in _HERE.glob("test_*.py") if _is_portable(path) and path.stem not in OF_THE_DRIVERS)


def _run(module: str) -> subprocess.CompletedProcess[str]:
    command = [*micropython_command(), "-m", "contract.tests.on_micropython", f"firmware.tests.{module}"]
    environment = {**os.environ, "MICROPYPATH": ".frozen:firmware"}
    return subprocess.run(command, cwd=_CHECKOUT, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("module", [*PORTABLE, "littlefs_cuts", "spool_cuts"])
def test_module_passes_on_micropython(module: str) -> None:
    finished = _run(module)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_session_is_among_the_portable_ones() -> None:
    assert {"test_session", "test_mqtt", "test_settings_store"} <= set(PORTABLE)
