"""Every other kind of rule by hand-made series: ten-second reports, unless a case says otherwise."""

from dataclasses import replace
from typing import Any

import pytest

from air.rules.facts import Report
from air.rules.measures import verdict
from air.rules.rule import compile_rule
from air.rules.tests.site import PM10, channel, level, live, report, told, values, watch
from contract.quality import NO_REPLY, SATURATED, SENSOR_ERROR, STUCK
from contract.quantities import ID

TVOC = ID["tvoc"]
_RATE = {"id": "rise", "version": 1, "kind": "rate", "quantity": "pm2_5_atm", "window_s": 60, "raise": 30, "clear": 10, "per": "minute"}
_DUST = {
    "id": "dust", "version": 1, "kind": "ratio", "quantity": "pm10_atm", "under": "pm2_5_atm", "window_s": 60, "raise": 3, "clear": "2.5",
    "least": 100,
}  # fmt: skip
_STUCK = {"id": "stuck", "version": 1, "kind": "stuck", "quantity": "pm2_5_atm", "window_s": 60}
_HEALTH = {"id": "health", "version": 1, "kind": "health", "quantity": "pm2_5_atm", "window_s": 60, "raise": 50, "clear": 20}
_EPISODE = {
    "id": "voc", "version": 1, "kind": "episode", "quantity": "tvoc", "window_s": 600, "baseline_h": 2, "raise": 3, "clear": 2,
    "least": 200,
}  # fmt: skip


def _pairs(*pairs: tuple[float, float | None]) -> list[Report]:
    return [report(number, channel(pm10, PM10), channel(pm2_5)) for number, (pm10, pm2_5) in enumerate(pairs)]


def _codes(*codes: tuple[float | None, int]) -> list[Report]:
    return [report(number, channel(value, code=code)) for number, (value, code) in enumerate(codes)]


def _slow(series: list[float]) -> list[Report]:
    return [
        report(n, channel(value, TVOC), start_ms=1_800_000_000_000 + 300_000 * n, duration_ms=300_000) for n, value in enumerate(series)
    ]


CASES: dict[str, tuple[dict[str, Any], list[Report], list[str]]] = {
    "a rise of 5 in ten seconds": (
        _RATE,
        values([100.0] * 6 + [100 + 5.0 * n for n in range(1, 7)] + [130.0] * 6),
        ["110 raise rise n1 since 110", "160 clear rise n1 condition"],
    ),
    "a level without a rise": (_RATE, values([900.0] * 12), []),
    "a fall": (_RATE, values([900.0 - 50 * n for n in range(12)]), []),
    "one long period has no slope": (_RATE, [report(0, channel(500), duration_ms=600_000)], []),
    "dust": (
        _DUST,
        _pairs(*[(90.0, 30.0)] * 6, *[(300.0, 30.0)] * 6, *[(60.0, 30.0)] * 6),
        ["70 raise dust n1 since 70", "180 clear dust n1 condition"],
    ),
    "little of everything is no dust": (_DUST, _pairs(*[(99.0, 1.0)] * 12), []),
    "no particle of the lower kind is not nothing": (_DUST, _pairs(*[(200.0, 0.0)] * 6), ["50 raise dust n1 since 50"]),
    "no ratio without the lower": (_DUST, _pairs(*[(900.0, None)] * 12), []),
    "a column that stands still": (
        _STUCK,
        values([7.0, 8.0, *[9.0] * 6, 9.01]),
        ["80 raise stuck n1 since 80", "90 clear stuck n1 condition"],
    ),
    "zero is never stuck": (_STUCK, values([0.0] * 12), []),
    "nor is what moves": (_STUCK, values([7.0, 7.01] * 6), []),
    "unless that little counts as standing": ({**_STUCK, "spread": "0.01"}, values([7.0, 7.01] * 3), ["50 raise stuck n1 since 50"]),
    "what the node found stuck is stuck": (_STUCK, _codes(*[(7.0, STUCK)] * 6), ["50 raise stuck n1 since 50"]),
    "a sensor that fails half of the time": (
        _HEALTH,
        _codes(*[(7.0, 0)] * 6, *[(None, NO_REPLY), (7.0, SENSOR_ERROR)] * 2, *[(7.0, 0)] * 6),
        ["90 raise health n1 since 90", "150 clear health n1 condition"],
    ),
    "only the codes that are named": ({**_HEALTH, "qualities": ["stuck"]}, _codes(*[(None, NO_REPLY)] * 12), []),
    "an episode against its own baseline": (
        _EPISODE,
        _slow([100.0] * 24 + [500.0] * 4 + [100.0] * 4),
        ["7500 raise voc n1 since 7500", "9000 clear voc n1 condition"],
    ),
    "no episode below the least": (_EPISODE, _slow([10.0] * 24 + [199.0] * 4), []),
    "no episode before there is a baseline": (_EPISODE, _slow([10.0] * 10 + [500.0] * 3), []),
    "the end of the range is at least its number": (
        level(clear=120),
        _codes(*[(100.0, 0)] * 6, (1000.0, SATURATED), *[(10.0, 0)] * 5, (10.0, 0)),
        ["70 raise pm n1 since 70", "130 clear pm n1 condition"],
    ),
    "and never clears": (level(clear=149), _codes(*[(200.0, 0)] * 6, *[(140.0, SATURATED)] * 12), ["50 raise pm n1 since 50"]),
    "a doubted value is no value": (level(), _codes(*[(900.0, SENSOR_ERROR)] * 12), []),
}


@pytest.mark.parametrize("name", CASES)
def test_a_series_gives_its_facts(name: str) -> None:
    rule, reports, expected = CASES[name]
    assert told(live(watch([rule]), reports)) == expected


@pytest.mark.parametrize("name", CASES)
def test_a_restart_at_any_report_changes_no_fact(name: str) -> None:
    rule, reports, expected = CASES[name]
    for cut in range(len(reports) + 1):
        before = watch([rule])
        facts = live(before, reports[:cut])
        after = watch([rule], saved=before.to_json())
        for one in reports[:cut]:
            after.rebuild(one, one.start_ms)
        assert after.settle(reports[0].start_ms) == []
        assert told(facts + live(after, reports[cut:])) == expected, f"restart after {cut} reports"


def test_a_kind_that_has_no_way_to_be_judged_is_an_error_and_not_a_level() -> None:
    rule = replace(compile_rule(level(), 0), kind="calm")
    with pytest.raises(ValueError, match="calm"):
        verdict(rule, (10, 0, 0, 1, 90, 0, 0, 0), 9, 9, None)
