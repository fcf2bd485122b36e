"""Who may take the lease, and that what an earlier holder still writes is refused."""

import pytest

from fleet.background.lease import LEASE_MS, Candidate, Found
from fleet.background.runner import pause_s

HELD = Found("a:1", 4, 50_000)
RENEWED = Found("a:1", 4, 52_500)
OTHER = Found("b:2", 5, 55_000)
# What is found at which time of our own clock -> whether it may be taken.
LOOKS: dict[str, list[tuple[int, Found, bool]]] = {
    "nobody_ever_held_it": [(0, Found("", 0, 0), True)],
    "given_back": [(0, Found("a:1", 4, 0), True)],
    "silent": [(0, HELD, False), (LEASE_MS - 1, HELD, False), (LEASE_MS, HELD, True)],
    "renewed": [(0, HELD, False), (LEASE_MS - 1, RENEWED, False), (LEASE_MS, RENEWED, False), (2 * LEASE_MS - 1, RENEWED, True)],
    "another_took_it": [(0, HELD, False), (LEASE_MS, OTHER, False), (2 * LEASE_MS, OTHER, True)],
}


@pytest.mark.parametrize("case", LOOKS)
def test_a_lease_may_be_taken_when_its_row_stood_still_for_its_time(case: str) -> None:
    candidate = Candidate(alone=False)
    assert [candidate.may_take(found, now_ms) for now_ms, found, _ in LOOKS[case]] == [may for *_, may in LOOKS[case]]


def test_where_no_other_process_works_it_is_taken_at_once() -> None:
    assert Candidate(alone=True).may_take(HELD, 0)


def test_the_pause_grows_is_spread_and_ends_at_five_minutes() -> None:
    assert [pause_s(failures, 1) for failures in (1, 2, 3, 9)] == [1, 2, 4, 256]
    assert pause_s(10, 1) == pause_s(10_000, 1) == 300
    assert pause_s(3, 0) == 2
