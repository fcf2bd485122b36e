"""The air of the virtual sensors: a function, so that a test can say what a sensor must have shown."""

import math
from pathlib import Path

import pytest

from contract.quantities import ID
from hil_tests.sensors.scenario import (
    DAY_MS,
    DEFAULTS,
    HOUR_MS,
    SHARES,
    Daily,
    Episode,
    Noisy,
    Replay,
    Scenario,
    Steady,
    daily,
    episode,
    replay,
    steady,
)

# Two stations mixed, an empty field, PM2.5 above PM10 once.
RECORDING = """\
station,time_local,pm2_5_ugm3,pm10_ugm3,temp_c
North,2014-01-01T00:00,40,80,-1.5
South,2014-01-01T00:00,999,999,9
North,2014-01-01T01:00,60,50,-2.5
North,2014-01-01T02:00,,90,-3.5
North,2014-01-01T03:00,100,120,-4.5
"""
COLUMNS = {"pm2_5_atm": "pm2_5_ugm3", "pm10_atm": "pm10_ugm3", "temperature": "temp_c"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.csv"
    path.write_text(RECORDING, encoding="utf-8")
    return path


def test_keys_are_those_of_the_contract() -> None:
    assert set(DEFAULTS) | set(SHARES) <= set(ID) | {"co2"}


def test_steady_is_the_same_for_ever() -> None:
    air = steady(tvoc=17.5)
    assert [air.value("tvoc", t) for t in (0, 10 * DAY_MS)] == [17.5, 17.5]


def test_an_undescribed_quantity_follows_a_described_one_or_its_default() -> None:
    air = steady(pm2_5_atm=100)
    assert air.value("pm1_atm", 0) == 60
    assert air.value("pm10_cf1", 0) == 200
    assert air.value("humidity", 0) == DEFAULTS["humidity"]
    with pytest.raises(KeyError):
        air.value("no_such_quantity", 0)


@pytest.mark.parametrize("column", ["atm", "cf1", "mass"])
def test_pm_order_holds_whatever_the_curves_say(column: str) -> None:
    air = steady(**{f"pm1_{column}": 90, f"pm2_5_{column}": 50, f"pm10_{column}": 10})
    assert [air.value(f"{pm}_{column}", 0) for pm in ("pm1", "pm2_5", "pm10")] == [50, 50, 50]


def test_a_number_stays_beside_a_leader_that_is_none() -> None:
    air = steady(pm2_5_atm=math.nan, pm10_atm=70)
    assert air.value("pm10_atm", 0) == 70
    assert math.isnan(air.value("pm1_atm", 0))


def test_daily_curve_peaks_at_its_hour_and_repeats() -> None:
    curve = Daily(50, 20, peak_hour=7)
    assert curve.at(7 * HOUR_MS) == pytest.approx(70)
    assert curve.at(19 * HOUR_MS) == pytest.approx(30)
    assert curve.at(3 * DAY_MS + 7 * HOUR_MS) == pytest.approx(70)


@pytest.mark.parametrize(
    ("t_ms", "value"), [(0, 20), (60_000, 20), (90_000, 140), (120_000, 260), (240_000, 260), (300_000, 140), (360_000, 80)]
)
def test_episode_ramps_holds_and_halves(t_ms: int, value: float) -> None:
    assert Episode(20, 260).at(t_ms) == pytest.approx(value)


def test_an_episode_counts_from_the_start_of_its_scenario() -> None:
    air = episode(1_000_000)
    assert air.value("pm2_5_atm", 1_000_000) == 20
    assert air.value("pm2_5_atm", 1_120_000) == 260


def test_noise_is_bounded_and_the_same_for_the_same_seed() -> None:
    one, same, other = (Noisy(Steady(50), 5, seed) for seed in (1, 1, 2))
    times = range(0, 60_000, 1000)
    values = [one.at(t) for t in times]
    assert values == [same.at(t) for t in times]
    assert values != [other.at(t) for t in times]
    assert len(set(values)) > 30
    assert all(45 <= value <= 55 for value in values)
    assert daily().value("pm2_5_atm", 12_345_678) == daily().value("pm2_5_atm", 12_345_678)


def test_replay_draws_straight_lines_between_rows(recording: Path) -> None:
    air = replay(recording, COLUMNS, start_ms=5000, only=("station", "North"))
    assert air.value("pm2_5_atm", 0) == 40  # before the first row
    assert air.value("pm2_5_atm", 5000) == 40
    assert air.value("pm2_5_atm", 5000 + HOUR_MS // 2) == 50
    assert air.value("temperature", 5000 + 2.5 * HOUR_MS) == -4
    assert air.value("pm2_5_atm", 5000 + DAY_MS) == 100  # after the last row
    assert air.value("pm10_atm", 5000 + HOUR_MS) == 60  # the recording says 50, below its PM2.5


def test_an_empty_field_holds_the_last_number(recording: Path) -> None:
    air = replay(recording, COLUMNS, start_ms=0, only=("station", "North"), gaps="hold")
    assert [air.value("pm2_5_atm", hour * HOUR_MS) for hour in (1, 1.5, 2, 2.5, 3)] == [60, 60, 60, 80, 100]


def test_an_empty_field_may_be_a_fault(recording: Path) -> None:
    air = replay(recording, COLUMNS, start_ms=0, only=("station", "North"), gaps="fault")
    assert air.value("pm2_5_atm", 1.9 * HOUR_MS) == 60
    assert math.isnan(air.value("pm2_5_atm", 2 * HOUR_MS))
    assert math.isnan(air.value("pm2_5_atm", 2.9 * HOUR_MS))
    assert air.value("pm2_5_atm", 3 * HOUR_MS) == 100
    assert air.value("pm10_atm", 2 * HOUR_MS) == 90


def test_speed_shortens_the_recording(recording: Path) -> None:
    air = replay(recording, COLUMNS, start_ms=0, only=("station", "North"), speed=3600)
    assert air.value("pm2_5_atm", 500) == 50


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("999", "much"), r"row 2, pm2_5_ugm3: 'much'"),
        (("01T03:00", "01T00:30"), "rising time"),
    ],
)
def test_a_bad_recording_is_refused_with_its_place(recording: Path, change: tuple[str, str], message: str) -> None:
    recording.write_text(RECORDING.replace(*change), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        replay(recording, {"pm2_5_atm": "pm2_5_ugm3"}, start_ms=0, only=None if change[0] == "999" else ("station", "North"))


def test_a_recording_without_rows_or_numbers_is_refused(recording: Path) -> None:
    with pytest.raises(ValueError, match="no rows"):
        replay(recording, COLUMNS, start_ms=0, only=("station", "East"))
    recording.write_text("time_local,x\n2014-01-01T00:00,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="nothing to hold"):
        replay(recording, {"tvoc": "x"}, start_ms=0)
    with pytest.raises(ValueError, match="hold or fault"):
        replay(recording, {"tvoc": "x"}, start_ms=0, gaps="skip")


def test_a_replay_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match="points"):
        Replay([])


def test_curves_are_asked_with_the_time_since_the_start() -> None:
    assert Scenario({"tvoc": Replay([(0, 1), (10, 2)])}, start_ms=100).value("tvoc", 110) == 2
