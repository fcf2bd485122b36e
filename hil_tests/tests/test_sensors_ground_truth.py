"""The log that tests hold the record against: bounded, and readable while it is written."""

from hil_tests.sensors.ground_truth import GroundTruth, ShownLog


def test_the_oldest_entries_make_room_and_are_counted() -> None:
    log = ShownLog(limit=3)
    for t_ms in range(5):
        log.add(t_ms, {"tvoc": float(t_ms)})
    assert [t_ms for t_ms, _ in log.entries()] == [2, 3, 4]
    assert log.forgotten == 2


def test_a_period_may_hold_what_was_told_shortly_before_it() -> None:
    truth = GroundTruth()
    for t_ms in (8_900, 9_100, 10_000, 15_000, 20_000, 20_001):
        truth.log.add(t_ms, {"tvoc": float(t_ms)})
    truth.log.add(12_000, {"humidity": 50.0})
    assert truth.shown_between(10_000, 20_000, "tvoc") == [9_100, 10_000, 15_000, 20_000]
    assert truth.shown_between(10_000, 20_000, "tvoc", slack_ms=0) == [10_000, 15_000, 20_000]
    assert truth.shown_between(10_000, 20_000, "temperature") == []
