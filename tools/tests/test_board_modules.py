"""Every board has its list, and everything that goes onto a board does with it: by its sources, and by importing its bytecode."""

import ast
import subprocess
from pathlib import Path

import pytest

from hil_tests.micropython import micropython_command
from technician import build
from technician.flash_layout import SLOT
from tools import board_modules, check_firmware

IMPORT_WITH = build.SOURCES / "firmware" / "tests" / "import_with.py"
# They start the node.
STARTS = ("boot.py", "main.py")


def imported(board: str, folder: Path, modules: "frozenset[str]") -> "subprocess.CompletedProcess[str]":
    """Every module of a board's flash, imported one after the other by an interpreter that has only these modules."""
    names = []
    for path, content in build.flash_files(board).items():
        name = path.removeprefix(f"{SLOT}/")
        if name.lstrip("/") not in STARTS:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            names.append(name.removesuffix(".mpy").replace("/", ".").removesuffix(".__init__"))
    command = [*micropython_command(), str(IMPORT_WITH)]
    lines = "\n".join([",".join(sorted(modules | board_modules.OURS)), *sorted(names)])
    environment = {"MICROPYPATH": f"{folder}:.frozen"}
    return subprocess.run(command, input=lines, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_every_board_that_there_is_wiring_for_has_its_list() -> None:
    assert set(board_modules.BOARDS) == set(build.boards()) - {"virtual"}
    assert {port for port, _ in board_modules.BOARDS.values()} == set(check_firmware.PORTS)


@pytest.mark.parametrize("board", board_modules.BOARDS)
def test_what_a_list_names_is_what_the_port_has_stubs_for(board: str) -> None:
    port, modules = board_modules.BOARDS[board]
    folder = check_firmware.stubs(port)
    known = {path.stem for where in (folder, folder / "stdlib") for path in where.iterdir()}
    assert not modules - known


def test_no_source_imports_what_a_board_does_not_have(tmp_path: Path) -> None:
    assert not [fault for source in check_firmware.sources() for fault in check_firmware.import_faults(source)]
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f():\n    import esp32\n")
    assert check_firmware.import_faults(wrong) == [f"{wrong}: {board} has no esp32" for board in ("pico_w", "pico2_w")]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import json, enum", ["enum"]),
        ("def f():\n    from dataclasses import dataclass", ["dataclasses"]),
        ("import esp32", []),
        ("import rp2", ["rp2"]),
        ("import os.path", []),
        ("try:\n    import hmac\nexcept ImportError:\n    import typing", ["typing"]),
        ("try:\n    import hmac\nexcept ValueError:\n    pass", ["hmac"]),
        ("if TYPE_CHECKING:\n    from typing import Any\nelse:\n    import uuid", ["uuid"]),
    ],
)
def test_what_a_source_cannot_do_without_is_found_wherever_it_stands(source: str, names: list[str]) -> None:
    assert board_modules.missing("esp32", ast.parse(source)) == names


@pytest.mark.parametrize("board", board_modules.BOARDS)
def test_all_that_a_board_is_given_can_be_imported_there(board: str, tmp_path: Path) -> None:
    finished = imported(board, tmp_path, board_modules.BOARDS[board][1])
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_an_import_that_a_board_does_not_have_fails(tmp_path: Path) -> None:
    finished = imported("pico_w", tmp_path, board_modules.RP2 - {"hashlib"})
    assert finished.returncode == 1 and "the board has no hashlib" in finished.stdout
