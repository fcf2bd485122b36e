"""The ledger of one boot, without a store: its greatest number, and which boot ended which."""

from fleet.record.ingest.ledger import Ledger, link


def _boot(count: int, last_ms: int | None = None, ended_by: int | None = None) -> Ledger:
    return Ledger(count, "n-1", _name(count), last_ms=last_ms, ended_by=None if ended_by is None else _name(ended_by))


def _name(count: int) -> str:
    return f"{count:08x}aaaaaaaa"


def test_the_greatest_number_and_the_span_do_not_depend_on_the_order_of_arrival() -> None:
    ledger = _boot(1)
    for seq, start_ms in ((5, 500), (2, 200), (9, 900), (0, 0)):
        ledger.accept(seq, start_ms)
    assert (ledger.highest, ledger.first_ms, ledger.last_ms, ledger.received) == (9, 0, 900, 4)


def test_a_boot_that_arrives_late_lies_between_its_neighbours() -> None:
    before, after, late = _boot(3, 300, ended_by=5), _boot(5, 500), _boot(4)
    assert link(late, 400, [before, after]) == [before]
    assert (before.ended_by, late.ended_by, after.ended_by) == (_name(4), _name(5), None)


def test_a_counter_that_began_anew_ends_what_still_ran_and_nothing_that_had_ended() -> None:
    # As after a wiped flash: boot 1 follows boot 10 by its time alone.
    ended, running, wiped = _boot(9, 900, ended_by=10), _boot(10, 1000), _boot(1)
    assert link(wiped, 2000, [ended, running]) == [running]
    assert (ended.ended_by, running.ended_by, wiped.ended_by) == (_name(10), _name(1), None)
