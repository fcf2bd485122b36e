from node.counter_events import CHANGE_MS, EVERY_MS, MAX_COUNTERS, CounterEvents


def test_an_event_every_ten_minutes_says_what_is_above_zero():
    events = CounterEvents(0)
    drivers = [(0, {"frames": 7, "rejected_checksum": 0})]
    others = [("session", {"taken": 3, "bad_mac": 0})]
    for now in range(CHANGE_MS, EVERY_MS, CHANGE_MS):
        assert events.is_due(now)
        assert events.next_event(drivers, others, now) is None
        assert not events.is_due(now)
    assert events.next_event(drivers, others, EVERY_MS) == {"0.frames": 7, "session.taken": 3}


def test_a_driver_that_begins_to_fail_or_to_work_is_told_within_a_minute():
    events = CounterEvents(0)
    counters = {"frames": 7, "timeouts": 0}
    assert events.next_event([(1, counters)], [], 60000) is None
    counters["timeouts"] = 1
    assert not events.is_due(60001)
    assert events.next_event([(1, counters)], [], 120000) == {"1.frames": 7, "1.timeouts": 1}
    counters["timeouts"] = 2
    assert events.next_event([(1, counters)], [], 180000) is None  # it still fails
    assert events.next_event([(1, counters)], [], 240000) == {"1.frames": 7, "1.timeouts": 2}  # it works again
    counters["frames"] = 9
    assert events.next_event([(1, counters)], [], 300000) is None


def test_the_event_is_bounded():
    events = CounterEvents(0)
    many = {"reason_%03d" % at: 1 for at in range(MAX_COUNTERS + 20)}
    assert len(events.next_event([(0, many)], [], EVERY_MS)) == MAX_COUNTERS


def test_counters_that_began_anew_with_other_settings_are_no_failure():
    events = CounterEvents(0)
    events.next_event([(0, {"timeouts": 5})], [], 60000)
    events.next_event([(0, {"timeouts": 5})], [], 120000)
    assert events.next_event([(0, {"timeouts": 0})], [], 180000) is None
