"""The log that tests hold the record against: bounded, and readable while it is written."""

from hil_tests.sensors.ground_truth import FactEmitter, ToldLog


def test_the_oldest_entries_make_room_and_are_counted() -> None:
    log = ToldLog(limit=3)
    for t_ms in range(5):
        log.add(t_ms, {"tvoc": float(t_ms)})
    assert [t_ms for t_ms, _ in log.entries()] == [2, 3, 4]
    assert log.forgotten == 2


def test_a_period_may_hold_what_was_told_shortly_before_it() -> None:
    teller = FactEmitter()
    for t_ms in (8_900, 9_100, 10_000, 15_000, 20_000, 20_001):
        teller.log.add(t_ms, {"tvoc": float(t_ms)})
    teller.log.add(12_000, {"humidity": 50.0})
    assert teller.told_between(10_000, 20_000, "tvoc") == [9_100, 10_000, 15_000, 20_000]
    assert teller.told_between(10_000, 20_000, "tvoc", slack_ms=0) == [10_000, 15_000, 20_000]
    assert teller.told_between(10_000, 20_000, "temperature") == []
