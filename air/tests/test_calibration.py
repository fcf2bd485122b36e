"""Calibrated values against arithmetic by hand and against the formulas in exact fractions."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from air.calibration.apply import BEYOND_RANGE, INPUT_BEYOND_RANGE, INPUT_MISSING, RESULT_LIMITED, Calibrations, Name, Reading, plain
from contract.quality import FEW_SAMPLES, NO_REPLY, OK, SENSOR_ERROR
from contract.quantities import ID
from contract.site.calibrations import faults

CF1 = ID["pm2_5_cf1"]
RH = ID["humidity"]
PID = ID["pid"]
_HUMIDITY = {"slot": 1, "quantity": "humidity"}
LINEAR = {"id": "c", "version": 2, "node": "n1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1000, "to_ms": 2000, "model": "linear"}
# Barkjohn et al. 2021 (AMT 14, 4617), as quoted in Sensors 2022.
US = {**LINEAR, "model": "multilinear", "gain": "0.524", "offset": "5.75", "inputs": [{**_HUMIDITY, "coefficient": "-0.0862"}]}
GROWTH = {**LINEAR, "model": "rh_growth", "kappa": "0.4", "inputs": [_HUMIDITY]}
TWO_POINT = {**LINEAR, "quantity": "pid", "model": "two_point", "zero": "0.05", "span": "8.05", "reference": 10}


def pm(mean: int, least: int | None = None, greatest: int | None = None, code: int = OK) -> list[int]:
    return [0, CF1, code, 10, mean, mean if least is None else least, mean if greatest is None else greatest]


def humidity(percent: float, code: int = OK) -> list[int]:
    return [1, RH, code, 10, *[round(percent * 100)] * 3]


def apply(one: dict[str, Any], *channels: list[int], start_ms: int = 1000, node: str = "n1") -> Reading:
    assert faults([one]) == []
    return Calibrations([one]).apply(node, start_ms, channels)[0]


@pytest.mark.parametrize(
    ("one", "channels", "expected"),
    [
        ({**LINEAR, "gain": "0.5", "offset": 2}, [pm(10000, 8000, 12000)], (5200, 4200, 6200)),
        ({**LINEAR, "gain": "-0.5", "offset": 100}, [pm(10000, 8000, 12000)], (5000, 4000, 6000)),
        (LINEAR, [pm(10000, 8000, 12000)], (10000, 8000, 12000)),
        ({**LINEAR, "gain": "0.01"}, [pm(50, 49, 150)], (1, 0, 2)),  # 0.5, 0.49, 1.5: half up
        (US, [pm(5000), humidity(40)], (2850, 2850, 2850)),  # 26.2 - 3.448 + 5.75 = 28.502
        (GROWTH, [pm(10000), humidity(0)], (10000, 10000, 10000)),
        (GROWTH, [pm(10000), humidity(80)], (5077, 5077, 5077)),  # C = 1 + 0.242424 * 4 = 1.969697
        (GROWTH, [pm(10000), humidity(100)], (1784, 1784, 1784)),  # as at 95 %: C = 1 + 0.242424 * 19 = 5.606061
        ({**GROWTH, "cap": 80, "gain": 2, "offset": 1}, [pm(10000), humidity(99)], (10254, 10254, 10254)),
        (TWO_POINT, [[0, PID, OK, 1, 4050, 50, 8050]], (5000, 0, 10000)),
    ],
)
def test_a_value_is_as_the_formula_says(one: dict[str, Any], channels: list[list[int]], expected: tuple[int, int, int]) -> None:
    reading = apply(one, *channels)
    assert (reading.mean, reading.minimum, reading.maximum) == expected
    assert reading.calibration == Name("c", 2) and reading.reason is None and reading.quality == OK
    assert reading.raw == channels[0]


@pytest.mark.parametrize(
    ("one", "channels", "reason", "mean"),
    [
        ({**LINEAR, "greatest": 90}, [pm(10000)], BEYOND_RANGE, 10000),
        ({**LINEAR, "greatest": 90}, [pm(8000, 7000, 9001)], BEYOND_RANGE, 8000),
        ({**LINEAR, "least": 5}, [pm(499)], BEYOND_RANGE, 499),
        ({**US, "inputs": [{**US["inputs"][0], "greatest": 90}]}, [pm(5000), humidity(91)], INPUT_BEYOND_RANGE, 2411),  # type: ignore[index]
        (US, [pm(5000)], INPUT_MISSING, None),
        (US, [pm(5000), [1, RH, NO_REPLY, 0]], INPUT_MISSING, None),
        (US, [pm(5000), humidity(40, SENSOR_ERROR)], INPUT_MISSING, None),
        ({**LINEAR, "offset": -200}, [pm(5000)], RESULT_LIMITED, 0),
        ({**LINEAR, "offset": -200, "greatest": 40}, [pm(5000)], BEYOND_RANGE, 0),  # both: where it was never tried counts more
    ],
)
def test_a_doubtful_value_has_its_reason(one: dict[str, Any], channels: list[list[int]], reason: str, mean: int | None) -> None:
    reading = apply(one, *channels)
    assert (reading.reason, reading.mean, reading.raw) == (reason, mean, channels[0])
    assert reading.calibration == Name("c", 2)


@pytest.mark.parametrize(
    ("channel", "start_ms", "node"),
    [
        (pm(100), 999, "n1"),
        (pm(100), 2000, "n1"),
        (pm(100), 1000, "n2"),
        ([1, *pm(100)[1:]], 1000, "n1"),
        ([0, ID["pm2_5_atm"], *pm(100)[2:]], 1000, "n1"),
        ([0, CF1, NO_REPLY, 0], 1000, "n1"),
    ],
    ids=["before", "after", "another node", "another slot", "another quantity", "no value"],
)
def test_what_no_calibration_is_for_stays_raw(channel: list[int], start_ms: int, node: str) -> None:
    assert apply({**LINEAR, "gain": 2}, channel, start_ms=start_ms, node=node) == plain(channel)


def test_each_time_has_its_own_version() -> None:
    two = [{**LINEAR, "gain": 2}, {**LINEAR, "version": 3, "gain": 3, "from_ms": 2000, "to_ms": 3000}]
    made = Calibrations(two)
    found = [made.apply("n1", start_ms, [pm(100)])[0] for start_ms in (1000, 1999, 2000)]
    assert [(one.calibration, one.mean) for one in found] == [(Name("c", 2), 200), (Name("c", 2), 200), (Name("c", 3), 300)]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]], ids=["input last", "input first"])
@pytest.mark.parametrize("fit", [US, GROWTH], ids=["multilinear", "rh_growth"])
def test_an_input_counts_raw_though_it_has_a_calibration_of_its_own(fit: dict[str, Any], order: list[int]) -> None:
    of_input = {**LINEAR, "id": "rh", "slot": 1, "quantity": "humidity", "gain": "0.5"}
    assert faults([fit, of_input]) == []
    channels = [[pm(5000), humidity(80)][at] for at in order]
    for calibrations in ([fit, of_input], [of_input, fit]):
        found = {reading.quantity: reading.mean for reading in Calibrations(calibrations).apply("n1", 1000, channels)}
        assert found == {CF1: apply(fit, pm(5000), humidity(80)).mean, RH: 4000}


def test_quality_stays_what_the_node_said() -> None:
    assert apply({**LINEAR, "gain": 2}, pm(100, code=FEW_SAMPLES)).quality == FEW_SAMPLES


_decimals = st.decimals(-50, 50, places=4).map(str)


@given(st.integers(0, 100_000), st.integers(0, 10_000), _decimals, _decimals, _decimals)
@settings(deadline=None)
def test_the_value_is_the_exact_one_rounded_half_up(x: int, rh: int, gain: str, offset: str, coefficient: str) -> None:
    one = {**US, "gain": gain, "offset": offset, "inputs": [{**_HUMIDITY, "coefficient": coefficient}]}
    exact = 100 * (Fraction(gain) * Fraction(x, 100) + Fraction(coefficient) * Fraction(rh, 100) + Fraction(offset))
    wanted = (exact + Fraction(1, 2)).__floor__()
    reading = apply(one, pm(x), [1, RH, OK, 1, rh, rh, rh])
    assert reading.mean == min(max(wanted, 0), 1_000_000)


@given(st.integers(0, 100_000), st.integers(0, 10_000), st.decimals(0, 2, places=3).map(str))
@settings(deadline=None)
def test_growth_is_the_exact_one_rounded_half_up(x: int, rh: int, kappa: str) -> None:
    water = min(Fraction(rh, 10_000), Fraction(95, 100))
    factor = 1 + (Fraction(kappa) / Fraction("1.65")) * water / (1 - water)
    wanted = (x / factor + Fraction(1, 2)).__floor__()
    assert apply({**GROWTH, "kappa": kappa}, pm(x), [1, RH, OK, 1, rh, rh, rh]).mean == wanted


@given(st.integers(-1_000_000, 1_000_000), st.decimals(-9, 9, places=3), st.decimals(-9, 9, places=3), _decimals)
@settings(deadline=None)
def test_two_points_are_the_exact_ones_rounded_half_up(x: int, zero: Any, span: Any, reference: str) -> None:
    if zero == span:
        return
    exact = (Fraction(x, 1000) - Fraction(zero)) * Fraction(reference) / (Fraction(span) - Fraction(zero))
    wanted = (1000 * exact + Fraction(1, 2)).__floor__()
    one = {**TWO_POINT, "zero": str(zero), "span": str(span), "reference": reference}
    assert apply(one, [0, PID, OK, 1, x, x, x]).mean == min(max(wanted, 0), 10_000_000)
