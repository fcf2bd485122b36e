"""The same tests on the other runtime: every portable test module of this folder, in the interpreter that the nodes run."""

import os
import subprocess
from pathlib import Path

import pytest

from hil_tests.micropython import micropython_command

_CHECKOUT = Path(__file__).parents[2]
# These need what only CPython has; everything else beside this file is portable.
_CPYTHON_ONLY = {"test_on_micropython", "test_protocol_doc"}
_PORTABLE = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py") if not path.stem.endswith("_hypothesis"))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*micropython_command(), *arguments]
    environment = {**os.environ, "MICROPYPATH": ".frozen"}  # ours only: no libraries of the machine
    return subprocess.run(command, cwd=_CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("module", [name for name in _PORTABLE if name not in _CPYTHON_ONLY])
def test_module_passes_on_micropython(module: str) -> None:
    finished = _run("-m", "contract.tests.on_micropython", f"contract.tests.{module}")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_a_failure_on_micropython_is_seen_here(tmp_path: Path) -> None:
    (tmp_path / "test_wrong.py").write_text("def test_wrong():\n    assert 1 == 2\n")
    finished = _run(
        "-c", f"import sys; sys.path.append({str(tmp_path)!r})\nfrom contract.tests.on_micropython import run\nsys.exit(run('test_wrong'))"
    )
    assert finished.returncode == 1
    assert "FAILED test_wrong.test_wrong" in finished.stdout


@pytest.mark.parametrize(
    "module",
    sorted(path.stem for path in (_CHECKOUT / "contract").glob("*.py") if path.stem != "__init__"),
)
def test_module_imports_on_micropython(module: str) -> None:
    finished = _run("-c", f"import contract.{module}")
    assert finished.returncode == 0, finished.stderr
