"""What goes onto a board is all the firmware, nothing else, and the same on every machine."""

import re

import pytest

from technician import build
from technician.errors import BuildError


@pytest.mark.parametrize("board", build.boards())
def test_a_build_holds_boot_main_the_node_and_the_contract(board: str) -> None:
    files = build.flash_files(board)
    assert {"/boot.py", "/main.py", "/a/node/app.mpy", "/a/contract/messages.mpy", f"/a/node/boards/{board}.mpy"} <= files.keys()


def test_a_build_leaves_out_tests_other_boards_and_words_for_people() -> None:
    paths = build.flash_files("virtual")
    assert not [path for path in paths if "test" in path or "meanings" in path or path.startswith("/a/node/boards/esp32")]


def test_a_board_runs_every_module_of_the_contract_that_it_holds() -> None:
    sources = {path: content.decode() for path, content in build.flash_files("virtual", compiled=False).items()}
    text = "\n".join(sources.values())
    named = set(re.findall(r"\bcontract\.(\w+)", text))
    for names in re.findall(r"^\s*from contract import (.+)$", text, re.MULTILINE):
        named |= set(re.findall(r"\w+", names))
    held = {path.removeprefix("/a/contract/").removesuffix(".py") for path in sources if path.startswith("/a/contract/")}
    assert held - {"__init__"} <= named
    assert "contract.site" not in text


def test_everything_but_what_starts_the_board_is_bytecode() -> None:
    files = build.flash_files("virtual")
    assert {path for path in files if path.endswith(".py")} == {"/boot.py", "/main.py"}
    # "M", then the version of the format that MicroPython 1.23 and later read.
    assert {content[:2] for path, content in files.items() if path.endswith(".mpy")} == {b"M\x06"}


def test_bytecode_names_no_path_of_this_machine() -> None:
    here = str(build.SOURCES).encode()
    assert not [path for path, content in build.flash_files("virtual").items() if here in content]


def test_sources_are_the_files_of_the_checkout() -> None:
    files = build.flash_files("virtual", compiled=False)
    assert files["/a/contract/crc.py"] == (build.SOURCES / "contract" / "crc.py").read_bytes()


def test_an_unknown_board_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BuildError, match=r"there are .*virtual"):
        build.flash_files("toaster")


def test_a_source_that_does_not_compile_is_named() -> None:
    with pytest.raises(BuildError, match=r"node/broken\.py"):
        build.bytecode("node/broken.py", b"def (:\n")


def test_the_ports_of_a_board_are_those_of_its_wiring() -> None:
    assert (build.ports("esp32"), build.ports("virtual")) == ([0, 1], [0, 1, 2, 3])
    assert all(build.ports(board) for board in build.boards())
