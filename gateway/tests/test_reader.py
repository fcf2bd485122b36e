"""What the rules read of the buffer, in the way of every commit: nothing that is wrong there may stop it."""

from pathlib import Path

from air.calibration.apply import Calibrations
from gateway.evaluation.reader import Reader
from gateway.items import Row
from gateway.store.site.dating import Limits
from gateway.store.store import Store, StoreOpener
from gateway.tests.parts import make_site

NOW_MS = 1_800_000_000_000


def opened(folder: Path) -> Store:
    return StoreOpener(folder, Limits(50, 100, 60_000), 1 << 24, "g-01").open(0).store


def row(seq: int, body: bytes = b'{"ch":[[0,6,0,1,5,5,5]]}') -> Row:
    return Row("n-1", "0000000100000001", seq, "report", NOW_MS, 1000 * seq, 1000, None, None, body)


def begun() -> Reader:
    reader = Reader(make_site(50))
    reader.begin(frozenset(["n-1"]), Calibrations([]), 0)
    return reader


def test_a_report_that_the_card_has_changed_is_told_and_the_others_are_judged(tmp_path: Path) -> None:
    store, reader = opened(tmp_path), begun()
    store.buffer.commit([row(0), row(1, b"\xff"), row(2, b'{"ch":[[0,6]]}'), row(3)], [], NOW_MS)
    reader.read(store, NOW_MS)
    (found,) = reader.found
    assert ([waiting.report.seq for waiting in found.waiting], found.seen_id) == ([0, 3], 4)
    assert [fault.split(":")[0] for fault in reader.take_faults()] == [f"n-1 boot {row(0).boot} seq {seq} not judged" for seq in (1, 2)]
    assert reader.take_faults() == []
    store.close()


def test_what_the_disk_does_not_give_comes_with_the_next_commit(tmp_path: Path) -> None:
    store, reader = opened(tmp_path), begun()
    store.buffer.commit([row(0)], [], NOW_MS)
    store.close()
    reader.read(store, NOW_MS)
    assert not reader.found and len(reader.take_faults()) == 1
    again = opened(tmp_path)
    reader.read(again, NOW_MS)
    assert [waiting.report.seq for waiting in reader.found[0].waiting] == [0]
    again.close()
