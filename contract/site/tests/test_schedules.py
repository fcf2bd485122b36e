# Times of day and lists of days and months: the last value that is allowed, and the first that is not.

from contract.site.schedules import MAX_ENTRIES, minutes, when_faults


def test_a_time_of_day_is_its_minutes() -> None:
    for text, expected in (("00:00", 0), ("00:59", 59), ("09:05", 545), ("23:59", 1439), ("24:00", 1440)):
        assert minutes(text) == expected, text


def test_what_is_not_a_time_of_day_has_none() -> None:
    for text in ("24:01", "25:00", "10:60", "10:99", "9:00", "09:0", "09-00", "09:0x", " 9:00", "-1:00", "", None, 900, "٠٩:٠٠"):
        assert minutes(text) is None, text


def test_days_and_months_end_where_a_week_and_a_year_do() -> None:
    for key, greatest in (("days", 7), ("months", 12)):
        for numbers, right in (([1], True), ([greatest], True), ([0], False), ([greatest + 1], False), ([], False), ([True], False)):
            assert [fault.path for fault in when_faults([{key: numbers}])] == ([] if right else [(0, key)]), (key, numbers)


def test_a_schedule_has_a_greatest_length() -> None:
    assert when_faults([{"days": [1]}] * MAX_ENTRIES) == []
    assert [fault.path for fault in when_faults([{"days": [1]}] * (MAX_ENTRIES + 1))] == [()]


def test_half_a_time_of_day_is_a_fault_with_the_name_of_the_other_half() -> None:
    assert [fault.path for fault in when_faults([{"from": "08:00"}])] == [(0, "to")]
    assert [fault.path for fault in when_faults([{"to": "08:00"}])] == [(0, "from")]
