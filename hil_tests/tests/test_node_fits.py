"""A busy node lives in a heap of a stated size, also while it cannot deliver: what a change of the firmware adds to it shows here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.simulated_time import BUSY, SimulatedRun
from hil_tests.tests.board_program import UNIQUE_ID
from technician.build import bytecode, flash_files

pytestmark = pytest.mark.hil

# Four steps above node.min_heap_kib and node.min_heap_files_kib (docs/performance.md), which are of one seed. The target is 128.
HEAP_KIB = {"in place": 256, "files": 352}
# The node starts, and cannot go on.
TOO_SMALL_KIB = (208, 200)
AWAY_S, BACK_S, END_S = 120, 420, 720


@pytest.fixture(params=HEAP_KIB)
def run(tmp_path: Path, seed: int, request: pytest.FixtureRequest) -> Iterator[SimulatedRun]:
    heap, in_place = f"{HEAP_KIB[request.param]}k", request.param == "in place"
    made = SimulatedRun(tmp_path, seed % 100_000, 1, heap=heap, probe_ms=0, sensors=BUSY, in_place=in_place)
    made.start()
    yield made
    made.stop()


def test_three_dust_sensors_two_transmitters_and_the_spool_fit_into_the_heap(run: SimulatedRun) -> None:
    run.run_to(AWAY_S)
    run.gateway.away = True
    run.run_to(BACK_S)
    delivered = len(run.gateway.items)
    run.gateway.away = False
    run.run_to(END_S)
    assert [reason for _, reason in run.board.boots] == [None], run.board.console()
    assert "MemoryError" not in run.board.console()
    assert run.unaccounted() == []
    reports = [item for kind, item in run.gateway.items.values() if kind == "report"]
    assert len(reports) >= END_S // 60 - 1
    assert {row[0] for row in reports[-1]["ch"]} == {sensor["slot"] for sensor in BUSY}
    assert delivered < len(run.gateway.items)
    assert run.board.block_erases > 0


@pytest.mark.parametrize("heap_kib", TOO_SMALL_KIB)
def test_a_node_short_of_memory_tells_the_gateway_why_it_restarts(tmp_path: Path, seed: int, heap_kib: int) -> None:
    run = SimulatedRun(tmp_path, seed % 100_000, 1, heap=f"{heap_kib}k", probe_ms=0, sensors=BUSY, in_place=True)
    run.start()
    run.run_to(END_S)
    told = [item["a"]["text"] for kind, item in run.gateway.items.values() if kind == "event" and item["k"] == "crashed"]
    boots = run.board.boots
    run.stop()
    assert len(boots) > 1
    assert any("MemoryError" in text for text in told), run.board.console()


# Not a list: its last growth would leave room.
HOARDER = b"hoard = None\ndef start():\n    global hoard\n    while True:\n        hoard = (hoard, None)\n"


def test_a_fault_with_a_heap_that_is_full_to_the_last_block_is_kept_for_the_next_boot(tmp_path: Path) -> None:
    with VirtualBoard(tmp_path, unique_id=UNIQUE_ID) as board:
        board.flash({**flash_files("virtual"), "/a/node/app.mpy": bytecode("node/app.py", HOARDER)})
        board.start()
        board.wait_for_boots(2)
        board.cut_power()
        assert b"MemoryError" in board.read("/crash.txt")
