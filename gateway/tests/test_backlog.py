"""In what order reports are judged that wait: as they came, unless so many are late that an alarm would wait for them."""

import pytest

from air.rules.facts import Report
from gateway.evaluation.backlog import LIVE_MS, MOST_IN_ORDER, Backlog, Waiting

_NOW_MS = 1_800_000_000_000


def _late(first: int, count: int) -> list[Waiting]:
    return [_waiting(first + at, LIVE_MS + 1) for at in range(count)]


def _waiting(id_: int, age_ms: int) -> Waiting:
    return Waiting(id_, Report("n-1", "b", id_, _NOW_MS - age_ms - 1000, 1000, 0, ()), _NOW_MS)


def _filled(waiting: list[Waiting], most: int = 10_000) -> Backlog:
    backlog = Backlog(most)
    backlog.put(waiting, waiting[-1].id, _NOW_MS)
    return backlog


def _all(backlog: Backlog) -> list[int]:
    ids = []
    while (one := backlog.next()) is not None:
        ids.append(one.id)
    return ids


def test_few_late_ones_keep_their_place() -> None:
    waiting = [*_late(1, 3), _waiting(4, 0), *_late(5, 2), _waiting(7, 0)]
    assert _all(_filled(waiting)) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("late", [MOST_IN_ORDER, MOST_IN_ORDER + 1])
def test_too_many_late_ones_wait_for_what_was_measured_just_now(late: int) -> None:
    order = _all(_filled([*_late(1, late), _waiting(late + 1, 0)]))
    assert order[0 if late > MOST_IN_ORDER else -1] == late + 1
    assert sorted(order) == list(range(1, late + 2))


def test_beyond_the_most_the_oldest_late_one_goes_unjudged_and_is_counted() -> None:
    backlog = _filled([_waiting(1, 0), *_late(2, 2), _waiting(4, 0)], most=3)
    assert (backlog.unjudged, _all(backlog)) == (1, [1, 3, 4])


def test_the_cursor_is_before_whatever_waits() -> None:
    backlog = _filled([*_late(1, MOST_IN_ORDER + 1), _waiting(1000, 0)])
    backlog.next()
    assert backlog.cursor() == 0, "1000 is judged, 1 is not"
    assert _all(backlog) and backlog.cursor() == 1000
