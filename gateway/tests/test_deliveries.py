"""Who delivers what, as the trial of a document asks: what cannot be read proves nothing, and stops nobody."""

from pathlib import Path

from gateway.items import Row
from gateway.store.delivery.deliveries import Shown, delivering, shown_after
from gateway.store.site.dating import Limits
from gateway.store.store import StoreOpener


def _row(node: str, seq: int, body: bytes) -> Row:
    return Row(node, "0000000100000001", seq, "report", 1000, 1000 * seq, 1000, None, None, body)


def test_a_report_that_the_card_has_changed_proves_nothing_and_the_others_count(tmp_path: Path) -> None:
    store = StoreOpener(tmp_path, Limits(50, 100, 60_000), 1 << 24, "g-01").open(0).store
    good = b'{"c":3,"ch":[[0,6,0,1,5,5,5]]}'
    store.buffer.commit([_row("n-1", 0, b"\xff"), _row("n-1", 1, good), _row("n-2", 0, b"\xff")], [], 1000)
    assert delivering(store.connection, ["n-1", "n-2"], 0) == {"n-1": {0: True}, "n-2": {}}
    assert shown_after(store.connection, 0, ["n-1", "n-2"]) == ([Shown("n-1", 3, {0: True})], 3)
    store.close()


def test_a_slot_is_usable_by_any_usable_value_and_by_no_other(tmp_path: Path) -> None:
    store = StoreOpener(tmp_path, Limits(50, 100, 60_000), 1 << 24, "g-01").open(0).store
    body = b'{"c":3,"ch":[[0,6,9,1,5,5,5],[1,6,9,1,5,5,5],[1,7,13,1,5,5,5],[2,6,2,0]]}'
    store.buffer.commit([_row("n-1", 0, body)], [], 1000)
    expected = {0: False, 1: True, 2: False}
    assert delivering(store.connection, ["n-1"], 0) == {"n-1": expected}
    assert shown_after(store.connection, 0, ["n-1"]) == ([Shown("n-1", 3, expected)], 1)
    store.close()


def test_a_refusal_of_settings_is_shown_and_their_application_is_no_refusal(tmp_path: Path) -> None:
    store = StoreOpener(tmp_path, Limits(50, 100, 60_000), 1 << 24, "g-01").open(0).store
    for seq, ok in enumerate((b"false", b"true")):
        body = b'{"c":4,"ok":' + ok + b',"f":[]}'
        store.buffer.commit([Row("n-1", "0000000100000001", seq, "applied", 1000, 1000, 0, None, None, body)], [], 1000)
    assert [shown.refused for shown in shown_after(store.connection, 0, ["n-1"])[0]] == [True, False]
    store.close()
