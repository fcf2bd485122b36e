"""Reports into summaries: nothing mixed, nothing lost but the detail."""

import json
from random import Random
from typing import Any

import pytest

from air.statistics.periods import PeriodStatistics, Summary, merge
from air.statistics.summaries import MAX_ROWS, Period, Pool, channel_values, is_summary
from contract import messages, quality
from contract.quantities import BY_ID
from contract.site.node_messages import check_fields
from contract.site.shapes import MAX_SCALED

_BOOT = "0000000100000001"
_HOUR_MS = 3_600_000


def _period(seq: int, *channels: list[int], duration_ms: int = 10_000, error_ms: int = 20) -> Period:
    return Period(seq, seq * duration_ms, 1_000_000 + seq * duration_ms, error_ms, duration_ms, channels)


def _pooled(*periods: Period) -> dict[str, Any]:
    pool = Pool("n-1", _BOOT)
    for period in periods:
        pool.add(period)
    (summary,) = pool.summaries()
    return summary


def test_a_mean_is_pooled_by_the_number_of_readings_and_rounded_half_up() -> None:
    summary = _pooled(_period(0, [0, 2, quality.OK, 1, 10, 9, 11]), _period(1, [0, 2, quality.OK, 3, 21, 5, 40]))
    assert summary["ch"] == [[0, 2, quality.OK, 2, 20_000, 4, 18, 5, 40]]  # 73 / 4 = 18.25
    half = _pooled(_period(0, [0, 2, quality.OK, 1, -3, -3, -3]), _period(1, [0, 2, quality.OK, 1, -2, -2, -2]))
    assert half["ch"][0][6] == -2  # -2.5


def test_each_quality_keeps_its_own_row_with_its_periods_and_time() -> None:
    periods = [_period(seq, [0, 2, quality.OK, 10, 100, 90, 110]) for seq in range(300)]
    periods += [_period(seq, [0, 2, quality.WARMING_UP, 10, 7, 7, 7]) for seq in range(300, 340)]
    periods += [_period(seq, [0, 2, quality.NO_REPLY, 0]) for seq in range(340, 360)]
    summary = _pooled(*periods)
    assert summary["ch"] == [
        [0, 2, quality.OK, 300, 3_000_000, 3000, 100, 90, 110],
        [0, 2, quality.WARMING_UP, 40, 400_000, 400, 7, 7, 7],
        [0, 2, quality.NO_REPLY, 20, 200_000, 0],
    ]
    assert channel_values(summary) == [(0, 2, quality.OK, Summary(3000, 100, 90, 110))]


def test_an_hour_without_data_keeps_its_reason() -> None:
    summary = _pooled(*(_period(seq, [3, 30, quality.ASLEEP if seq < 100 else quality.NO_REPLY, 0]) for seq in range(360)))
    assert channel_values(summary) == [(3, 30, quality.NO_REPLY, None)]
    assert [row[2:4] for row in summary["ch"]] == [[quality.NO_REPLY, 260], [quality.ASLEEP, 100]]


def test_too_few_usable_periods_are_said() -> None:
    summary = _pooled(*(_period(seq, [0, 2, quality.OK, 1, 5, 5, 5] if seq < 200 else [0, 2, quality.NO_REPLY, 0]) for seq in range(360)))
    assert channel_values(summary)[0].quality == quality.FEW_SAMPLES


def test_a_summary_tells_whose_reports_they_were_how_many_and_when() -> None:
    summary = _pooled(_period(7, error_ms=5), _period(9, error_ms=90), _period(4, error_ms=30))
    assert {key: summary[key] for key in ("from", "to", "reports", "uptime_ms", "start_ms", "error_ms", "duration_ms")} == {
        "from": 4, "to": 9, "reports": 3, "uptime_ms": 40_000, "start_ms": 1_040_000, "error_ms": 90, "duration_ms": 60_000,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_joining_in_stages_or_at_once_counts_the_same_and_moves_a_mean_by_one_step_at_most(seed: int) -> None:
    random = Random(seed)
    periods = []
    for seq in range(200):
        code = random.choice([quality.OK, quality.FEW_SAMPLES, quality.STUCK, quality.NO_REPLY])
        least, mean, greatest = sorted(random.randrange(-5000, 5000) for _ in range(3))
        values = [0] if code == quality.NO_REPLY else [random.randrange(1, 50), mean, least, greatest]
        periods.append(_period(seq, [0, 2, code, *values]))
    at_once = _pooled(*periods)
    staged = Pool("n-1", _BOOT)
    for start in range(0, 200, 17):
        staged.add_summary(_pooled(*periods[start : start + 17]))
    (joined,) = staged.summaries()
    assert {**joined, "ch": 0} == {**at_once, "ch": 0}
    for one, other in zip(joined["ch"], at_once["ch"], strict=True):
        assert abs(one[6] - other[6]) <= 1 if len(one) == 9 else one == other
        assert one[:6] + one[7:] == other[:6] + other[7:]
    rows = [PeriodStatistics.of_channel(p.start_ms, p.duration_ms, p.channels[0]) for p in periods]
    told, whole = channel_values(at_once)[0].summary, merge(rows).summary
    assert told and whole and abs(told.mean - whole.mean) <= 1
    assert (told.n, told.minimum, told.maximum) == (whole.n, whole.minimum, whole.maximum)


def test_more_rows_than_a_message_holds_are_spread_over_several_and_each_fits() -> None:
    pool = Pool("n" * 32, _BOOT)
    quantities = sorted(BY_ID)[:4]
    for code in quality.VALUED:
        channels = [[slot, key, code, 1_000_000, -MAX_SCALED, -MAX_SCALED, MAX_SCALED] for slot in range(16) for key in quantities]
        pool.add(Period(0, 1 << 50, 1 << 50, 1 << 50, 3_600_000, channels))
    summaries = pool.summaries()
    assert sum(len(summary["ch"]) for summary in summaries) == 64 * len(quality.VALUED)
    assert sum(summary["reports"] for summary in summaries) == len(quality.VALUED)
    for summary in summaries:
        assert is_summary(json.loads(json.dumps(summary)))
        body = {"q": (1 << 31) - 1, "s": 1 << 50, "u": 1 << 50, "e": 1 << 50, "k": "summary", "a": summary}
        check_fields("event", body, ())
        assert len(messages.write(body)) <= messages.MAX_MESSAGE_BYTES


_GOOD = {**_pooled(_period(1, [0, 2, quality.OK, 1, 5, 5, 5])), "unknown": 1}


def test_a_summary_is_recognised_also_with_unknown_fields() -> None:
    assert is_summary(_GOOD)


_ROW = _GOOD["ch"][0]
_WRONG: list[dict[str, Any]] = [
    {"node": "a/b"}, {"node": 3}, {"boot": "x"}, {"from": 2}, {"from": -1}, {"reports": None}, {"duration_ms": 1 << 40}, {"start_ms": 1.5},
    {"ch": 3}, {"ch": [_ROW] * (MAX_ROWS + 1)}, {"ch": [[*_ROW[:6], 5, 6, 7]]}, {"ch": [[0, 2, 0, 1, 10, 0]]},
    {"ch": [[0, 9999, 2, 1, 10, 0]]},
    {"ch": [[0, 2, 99, 1, 10, 0]]}, {"ch": [[16, 2, 2, 1, 10, 0]]}, {"ch": [[0, 2, 2, 1, 10, 3]]}, {"ch": [["0", 2, 2, 1, 10, 0]]},
]  # fmt: skip


@pytest.mark.parametrize("wrong", _WRONG)
def test_what_is_no_summary_is_recognised(wrong: dict[str, Any]) -> None:
    assert not is_summary(_GOOD | wrong)
