"""Which boot ended which, and ranges without ranges."""

import pytest

from fleet.record.dating import HOW_BOUNDS, HOW_NODE, HOW_REPAIRED
from fleet.record.ingest.ledger import Ledger, follows, link, subtract


def boot(name: str, last_ms: int | None = None, ended_by: str | None = None) -> Ledger:
    return Ledger(0, "n-1", name, last_ms=last_ms, ended_by=ended_by)


ONE, TWO, THREE = "00000001aaaaaaaa", "00000002bbbbbbbb", "00000003cccccccc"
WIPED = "00000001dddddddd"


def test_the_counter_decides_whatever_the_clock_says() -> None:
    assert follows(boot(TWO), 0, boot(ONE, last_ms=5_000))
    assert not follows(boot(ONE), 0, boot(TWO, last_ms=5_000))


def test_after_a_wiped_flash_the_dated_times_decide() -> None:
    assert follows(boot(WIPED), 6_000, boot(THREE, last_ms=5_000))
    assert not follows(boot(WIPED), 4_000, boot(THREE, last_ms=5_000))


ABSURD = "ffffffffeeeeeeee"


def test_a_counter_that_is_absurdly_far_ahead_orders_nothing() -> None:
    one, absurd = boot(ONE), boot(ABSURD)
    assert link(absurd, 9_000, [one]) == []
    assert (one.ended_by, absurd.ended_by) == (None, ONE)
    two = boot(TWO)
    assert link(two, 0, [one, absurd]) == [one]
    assert (one.ended_by, two.ended_by) == (TWO, None)
    # It is older than all, in whatever order they came.
    only, later = boot(ABSURD), boot(ONE)
    assert link(later, 0, [only]) == [only]
    assert (only.ended_by, later.ended_by) == (ONE, None)


def test_boots_of_two_boards_are_ordered_by_the_boards() -> None:
    old, new = boot(THREE, last_ms=10**15), boot(WIPED)
    new.hardware = 2
    assert link(new, 0, [old]) == [old]
    assert (old.ended_by, new.ended_by) == (WIPED, None)
    # One more of the old board arrives late.
    late = boot("00000004eeeeeeee")
    assert link(late, 0, [old, new]) == [old]
    assert (old.ended_by, late.ended_by, new.ended_by) == (late.boot, WIPED, None)


def test_a_boot_that_arrives_late_takes_its_place_between_two() -> None:
    one, three = boot(ONE, ended_by=THREE), boot(THREE)
    two = boot(TWO)
    assert link(two, 0, [one, three]) == [one]
    assert (one.ended_by, two.ended_by, three.ended_by) == (TWO, THREE, None)


def test_a_boot_is_ended_by_the_next_one_only() -> None:
    one = boot(ONE, ended_by=TWO)
    assert link(boot(THREE), 0, [one]) == []
    assert one.ended_by == TWO


def test_bounds_give_way_to_a_better_anchor_only() -> None:
    ledger = boot(ONE)
    assert ledger.date(HOW_BOUNDS, 10, 500, 3) == (HOW_BOUNDS, 10, 500)
    assert ledger.accept_anchor(1000, 50)
    assert not ledger.accept_anchor(2000, 50)
    assert ledger.date(HOW_BOUNDS, 10, 500, 3) == (HOW_REPAIRED, 1003, 50)
    assert ledger.date(HOW_BOUNDS, 10, 50, 3) == (HOW_BOUNDS, 10, 50)
    assert ledger.date(HOW_NODE, 10, 500, 3) == (HOW_NODE, 10, 500)


SUBTRACTIONS = {
    "nothing_taken": ([[1, 5]], [], [[1, 5]]),
    "all_taken": ([[1, 5]], [[0, 9]], []),
    "middle_taken": ([[1, 5]], [[2, 3]], [[1, 1], [4, 5]]),
    "ends_taken": ([[1, 5]], [[0, 1], [5, 6]], [[2, 4]]),
    "one_taken_from_two": ([[1, 2], [4, 5]], [[2, 4]], [[1, 1], [5, 5]]),
    "beside": ([[4, 5]], [[1, 3], [6, 7]], [[4, 5]]),
}


@pytest.mark.parametrize(("ranges", "taken", "left"), SUBTRACTIONS.values(), ids=SUBTRACTIONS.keys())
def test_subtract(ranges: list[list[int]], taken: list[list[int]], left: list[list[int]]) -> None:
    assert subtract(ranges, taken) == left
