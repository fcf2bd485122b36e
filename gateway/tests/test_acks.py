"""What is acknowledged: every number that was committed, the first of a boot too, in messages of a bounded length."""

import json
from typing import Any

from gateway.intake.acks import Acks
from gateway.items import BadItem, Row
from gateway.tests.site import BOOT

_MOST_RANGES = 64  # contract/messages.py, type ack


def _row(seq: int, node: str = "n-1", boot: str = BOOT) -> Row:
    return Row(node, boot, seq, "report", 0, 0, 0, None, None, b"")


def _bodies(acks: Acks) -> list[dict[str, Any]]:
    return [json.loads(body) for _, _, body in acks.pop_all()]


def test_the_first_number_of_a_boot_is_acknowledged_like_any_other() -> None:
    acks = Acks()
    acks.committed([_row(0)])
    assert _bodies(acks) == [{"b": BOOT, "r": [[0, 0]]}]
    acks.committed([BadItem("n-1", BOOT, 0, "report", 0, "fault", b""), BadItem("n-1", BOOT, None, "report", 0, "fault", b"")])
    assert _bodies(acks) == [{"b": BOOT, "r": [[0, 0]]}], "an item without a number cannot be acknowledged"
    assert acks.pop_all() == []


def test_ranges_beyond_one_message_go_in_the_next() -> None:
    acks = Acks()
    acks.committed([_row(seq) for seq in range(0, 4 * _MOST_RANGES, 2)])
    bodies = _bodies(acks)
    assert [len(body["r"]) for body in bodies] == [_MOST_RANGES, _MOST_RANGES]
    assert [first for body in bodies for first, _ in body["r"]] == list(range(0, 4 * _MOST_RANGES, 2))


def test_numbers_of_other_boots_and_nodes_are_kept_apart() -> None:
    acks = Acks()
    acks.committed([_row(1), _row(2, node="n-2"), _row(3, boot="0000000200000002")])
    assert {(node, json.loads(body)["b"]): json.loads(body)["r"] for node, _, body in acks.pop_all()} == {
        ("n-1", BOOT): [[1, 1]],
        ("n-2", BOOT): [[2, 2]],
        ("n-1", "0000000200000002"): [[3, 3]],
    }
