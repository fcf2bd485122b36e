"""Level rules by hand-made series: ten-second reports, a window of a minute."""

from typing import Any

import pytest

from air.rules.tests.site import T0_MS, level, live, told, values, watch

Series = list[float | None]
_LOW: Series = [100.0] * 6

CASES: dict[str, tuple[dict[str, Any], Series, list[str]]] = {
    "below is silent": ({}, _LOW * 3, []),
    "the mean of the window passes": ({}, [*_LOW, 400.0], ["70 raise pm n1 since 70"]),
    "and falls": ({}, [*_LOW, 400.0, *_LOW], ["70 raise pm n1 since 70", "130 clear pm n1 condition"]),
    "the limit itself raises": ({}, [150.0] * 6, ["50 raise pm n1 since 50"]),
    "between the limits nothing changes": (
        {"clear": 120},
        [*[160.0] * 6, *[130.0] * 12, *[110.0] * 6],
        ["50 raise pm n1 since 50", "210 clear pm n1 condition"],
    ),
    "the greatest reading of the window": (
        {"statistic": "max"},
        [*_LOW, 151.0, *_LOW],
        ["70 raise pm n1 since 70", "130 clear pm n1 condition"],
    ),
    "the share of time above a level": (
        {"statistic": "share", "above": 200, "raise": 50, "clear": 20},
        [*_LOW, 201.0, 500.0, 300.0, *_LOW],
        ["90 raise pm n1 since 90", "140 clear pm n1 condition"],
    ),
    "a raise waits for its hold": ({"hold_s": 20}, [200.0] * 8, ["70 raise pm n1 since 50"]),
    "a hold that is broken begins anew": ({"hold_s": 30, "window_s": 10}, [*[200.0] * 3, 100.0, *[200.0] * 4], ["80 raise pm n1 since 50"]),
    "a clear waits for its hold": (
        {"clear_hold_s": 30, "window_s": 10},
        [200.0, 100.0, 100.0, 200.0, 100.0, 100.0, 100.0, 100.0],
        ["10 raise pm n1 since 10", "80 clear pm n1 condition"],
    ),
    "too few data raise nothing": ({}, [*_LOW, None, None, None, *[900.0] * 1], []),
    "enough data do": ({"least_share": 60}, [*_LOW, None, None, 900.0], ["90 raise pm n1 since 90"]),
    "missing data clear nothing": ({}, [*[200.0] * 6, *[None] * 30], ["50 raise pm n1 since 50"]),
    "nor do too few": ({}, [*[200.0] * 6, *[None] * 5, 10.0, 10.0], ["50 raise pm n1 since 50"]),
    "data again clear": ({}, [*[200.0] * 6, *[None] * 9, *[10.0] * 6], ["50 raise pm n1 since 50", "200 clear pm n1 condition"]),
    "a hold does not last over a gap": ({"window_s": 10, "hold_s": 30}, [200.0, 200.0, None, None, 200.0, 200.0], []),
}


@pytest.mark.parametrize("name", CASES)
def test_a_series_gives_its_facts(name: str) -> None:
    keys, series, expected = CASES[name]
    assert told(live(watch([level(**keys)]), values(series))) == expected


def test_a_start_without_what_cleared_the_alarm_leaves_it_cleared() -> None:
    """Only the last window is known as a whole, and it lies between the limits: from the open phase before, it would be open still."""
    reports = values([*[200.0] * 8, *[10.0] * 4, 300.0, 300.0])
    before = watch([level(clear=100)])
    assert told(live(before, reports)) == ["50 raise pm n1 since 50", "120 clear pm n1 condition"]
    after = watch([level(clear=100)], saved=before.to_json())
    for report in reports[8:]:
        after.rebuild(report, report.start_ms)
    assert told(after.settle(T0_MS, whole_from_ms=T0_MS + 80_000)) == []


@pytest.mark.parametrize("name", CASES)
def test_a_restart_at_any_report_changes_no_fact(name: str) -> None:
    keys, series, expected = CASES[name]
    reports = values(series)
    for cut in range(len(reports) + 1):
        before = watch([level(**keys)])
        facts = live(before, reports[:cut])
        after = watch([level(**keys)], saved=before.to_json())
        for report in reports[:cut]:
            after.rebuild(report, report.start_ms)
        assert after.settle(reports[0].start_ms) == []
        assert told(facts + live(after, reports[cut:])) == expected, f"restart after {cut} reports"
