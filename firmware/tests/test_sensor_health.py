# What parts tell of themselves, minute by minute, and the events and the record that come of it.

from node.sensor_health import CHANGE_MS, EVERY_MS, WRITE_MS, SensorHealth

SPS = [[0, "sps30", "serial 1"]]
HOUR = 3600000


def seen(health: SensorHealth, now: int, values: "dict | None" = None, parts: "list | None" = None, asleep: "list | None" = None) -> list:
    return health.observe(SPS if parts is None else parts, [[0, {} if values is None else values]], asleep or [], now)


def test_a_value_that_ceases_to_be_0_is_told_and_so_is_its_return():
    health = SensorHealth({}, 0)
    assert seen(health, 60000, {"fan": 0, "laser": 0}) == []
    told = {"slot": 0, "part": "sps30", "hours": 0, "fan": 1, "laser": 0}
    assert seen(health, 120000, {"fan": 1, "laser": 0}) == [("sensor_health", told)]
    assert seen(health, 180000, {"fan": 1, "laser": 0}) == []
    assert seen(health, 240000, {"fan": 0, "laser": 0}) == [("sensor_health", dict(told, fan=0))]


def test_a_flickering_value_is_told_once_a_minute():
    health = SensorHealth({}, 0)
    events = []
    for second in range(3601):
        events += seen(health, second * 1000, {"fan": second // 7 % 2})
    assert 30 <= len(events) <= 3600000 // CHANGE_MS + 1


def test_a_change_within_the_minute_is_told_after_it_if_it_lasts():
    health = SensorHealth({}, 0)
    assert len(seen(health, 0, {"fan": 1})) == 1
    assert seen(health, 1000, {"fan": 0}) == []
    assert len(seen(health, CHANGE_MS, {"fan": 0})) == 1


def test_health_is_told_every_hour_while_nothing_changes():
    health = SensorHealth({}, 0)
    events = []
    for minute in range(1, 60 * 5 + 1):
        events += seen(health, minute * 60000, {"fan": 0})
    assert [particulars["hours"] for _, particulars in events] == [1, 2, 3, 4, 5]


def test_the_hours_that_a_part_counts_itself_are_apart_from_ours():
    health = SensorHealth({}, 0)
    [(_, told)] = seen(health, EVERY_MS, {"hours": 512})
    assert told == {"slot": 0, "part": "sps30", "hours": 1, "part_hours": 512}


def test_another_identity_is_a_swap_and_its_hours_begin_anew():
    health = SensorHealth({}, 0)
    seen(health, 5 * HOUR)
    assert health.record == {"0": ["sps30", "serial 1", 18000]}
    events = seen(health, 5 * HOUR + 1000, parts=[[0, "sps30", "serial 2"]])
    assert events[0] == ("sensor_swapped", {"slot": 0, "from": "serial 1", "to": "serial 2"})
    assert health.record == {"0": ["sps30", "serial 2", 1]}


def test_a_swap_during_a_power_cut_is_noticed():
    health = SensorHealth({"0": ["sps30", "serial 1", 7200]}, 0)
    assert seen(health, 1000, parts=[[0, "sps30", ""]]) == []  # not told yet
    assert [key for key, _ in seen(health, 2000, parts=[[0, "sps30", "serial 2"]])] == ["sensor_swapped"]


def test_a_part_that_is_silent_for_a_while_is_not_another():
    health = SensorHealth({"0": ["sps30", "serial 1", 7200]}, 0)
    for now, identity in ((1000, "serial 1"), (2000, ""), (3000, "serial 1")):
        assert seen(health, now, parts=[[0, "sps30", identity]]) == []
    assert health.record["0"][:2] == ["sps30", "serial 1"] and not health.is_due_to_write(3000)


def test_another_kind_of_part_in_the_settings_is_no_swap_but_has_hours_of_its_own():
    health = SensorHealth({"0": ["pms5003", "firmware 151", 7200]}, 0)
    assert seen(health, 1000) == []
    assert health.record == {"0": ["sps30", "serial 1", 1]} and health.is_due_to_write(1000)


def test_hours_count_only_while_a_part_is_awake_and_no_part_of_a_second_is_lost():
    health = SensorHealth({}, 0)
    for step in range(1, 1001):
        seen(health, step * 250, asleep=[0] if step > 500 else [])
    assert health.record["0"][2] == 125


def test_the_record_is_written_on_a_change_and_else_once_a_day():
    health = SensorHealth({}, 0)
    writes = 0
    for minute in range(1, 10 * 24 * 60 + 1):
        now = minute * 60000
        seen(health, now)
        if health.is_due_to_write(now):
            health.written(now)
            writes += 1
    assert WRITE_MS == 24 * HOUR and 10 <= writes <= 11


def test_a_record_that_makes_no_sense_counts_as_none():
    for entry in (1, [], ["sps30", "x"], ["sps30", 5, 5], ["sps30", "x", -1], [1, "x", 1], ["sps30", "x", "1"]):
        assert SensorHealth({"0": entry}, 0).record == {}
