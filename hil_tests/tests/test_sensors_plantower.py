"""The virtual PMS5003 against the maker's bytes and behaviour."""

import math
from itertools import pairwise

import pytest

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.plantower import (
    MOVING_INTERVALS_MS,
    STABLE_INTERVAL_MS,
    WARM_UP_MS,
    Plantower,
    answer,
    data_frame,
    frame_interval_ms,
)
from hil_tests.sensors.plantower_models import MASSES_AND_COUNTS as COLUMNS
from hil_tests.sensors.scenario import Episode, Scenario, Steady, steady

PASSIVE = bytes.fromhex("424de100000170")
ACTIVE = bytes.fromhex("424de100010171")
READ = bytes.fromhex("424de200000171")
SLEEP = bytes.fromhex("424de400000173")
WAKE = bytes.fromhex("424de400010174")

SETTLED_MS = WARM_UP_MS + 1


def words_of(frame: bytes) -> list[int]:
    """An independent reading of a frame, by hand: length, sum and the 12 words."""
    assert len(frame) == 32
    assert frame[:4] == bytes((0x42, 0x4D, 0, 28))
    assert sum(frame[:30]) % 65536 == frame[30] * 256 + frame[31]
    return [frame[at] * 256 + frame[at + 1] for at in range(4, 28, 2)]


def started(scenario: Scenario | None = None, *, faults: Faults | None = None, acknowledges_wake: bool = True) -> Plantower:
    """Shown its first moment, 0, so that its warm-up ends at WARM_UP_MS."""
    part = Plantower(scenario or steady(pm2_5_atm=35), faults=faults, acknowledges_wake=acknowledges_wake)
    assert part.next_action(0) is None
    return part


def asked(part: Plantower, command: bytes, now_ms: int) -> list[bytes]:
    part.handle(command, now_ms)
    return drained(part, now_ms)


def drained(part: Plantower, now_ms: int) -> list[bytes]:
    chunks = []
    while (chunk := part.next_action(now_ms)) is not None:
        chunks.append(chunk)
    return chunks


def frames_until(part: Plantower, start_ms: int, end_ms: int) -> list[tuple[int, bytes]]:
    """Every frame of a stream, driven by `next_due` alone."""
    frames: list[tuple[int, bytes]] = []
    now_ms = start_ms
    while now_ms < end_ms:
        frames.extend((now_ms, chunk) for chunk in drained(part, now_ms))
        due = part.next_due()
        if due is None:
            break
        now_ms = max(now_ms + 1, math.ceil(due))
    return frames


def test_an_answer_has_the_bytes_of_the_captured_sleep_answer() -> None:
    assert answer(0xE4, 0) == bytes.fromhex("424d0004e4000177")


def test_a_data_frame_has_the_bytes_summed_by_hand() -> None:
    # 42+4D+00+1C = AB; 1+2+3+4+5+6+7+8+9+10+11+12 = 4E; 97+00: sum 190
    frame = data_frame(list(range(1, 13)), 0x97, 0)
    assert frame == bytes.fromhex("424d001c 0001 0002 0003 0004 0005 0006 0007 0008 0009 000a 000b 000c 97 00 0190")


def test_steady_air_shows_every_column_rounded_to_the_unit() -> None:
    part = started(steady(pm2_5_atm=35.6, count_10=7.4))
    (frame,) = drained(part, SETTLED_MS)
    shown = dict(zip(COLUMNS, words_of(frame)))
    assert shown["pm2_5_atm"] == 36
    assert shown["pm2_5_cf1"] == 45  # 35.6 * 1.25 = 44.5
    assert shown["count_10"] == 7
    assert part.shown == [(SETTLED_MS, {key: float(value) for key, value in shown.items()})]


def test_all_zero_air_is_a_frame_of_zeros() -> None:
    (frame,) = drained(started(steady(pm2_5_atm=0)), SETTLED_MS)
    assert words_of(frame) == [0] * 12


def test_a_word_holds_at_its_end_instead_of_wrapping() -> None:
    (frame,) = drained(started(steady(pm2_5_atm=90_000)), SETTLED_MS)
    assert words_of(frame)[4] == 0xFFFF


def test_firmware_and_error_byte_are_shown() -> None:
    part = started()
    part.firmware, part.error = 0x91, 0x04
    (frame,) = drained(part, SETTLED_MS)
    assert frame[28:30] == bytes((0x91, 0x04))


def test_what_cannot_be_measured_is_an_error_and_not_told() -> None:
    part = started(Scenario({"pm10_atm": Steady(math.nan)}))
    (frame,) = drained(part, SETTLED_MS)
    assert frame[29] != 0
    assert "pm10_atm" not in part.shown[0][1]
    assert part.shown[0][1]["pm2_5_atm"] == 35


def test_the_stream_is_slow_in_still_air_and_quick_on_a_ramp() -> None:
    ramp = Scenario({"pm2_5_atm": Episode(20, 620, start_ms=100_000, ramp_ms=60_000, hold_ms=60_000)})
    frames = frames_until(started(ramp), SETTLED_MS, 200_000)
    times = [t for t, _ in frames]
    still = [b - a for a, b in pairwise(times) if b < 100_000]
    moving = [b - a for a, b in pairwise(times) if a > 104_000 and b < 160_000]
    assert set(still) == {STABLE_INTERVAL_MS}
    assert moving
    assert all(MOVING_INTERVALS_MS[1] <= pause <= MOVING_INTERVALS_MS[0] for pause in moving)


@pytest.mark.parametrize(("change", "interval"), [(0, 2300), (0.4, 2300), (0.5, 800), (10, 200), (500, 200), (math.nan, 2300)])
def test_frame_interval(change: float, interval: float) -> None:
    assert frame_interval_ms(change) == interval


def test_values_wander_above_the_truth_until_the_warm_up_ends() -> None:
    part = started(steady(pm2_5_atm=35))
    frames_until(part, 0, WARM_UP_MS + 5000)
    warming = [values["pm2_5_atm"] for t, values in part.shown if t < WARM_UP_MS]
    settled = [values["pm2_5_atm"] for t, values in part.shown if t >= WARM_UP_MS]
    assert part.settled_ms == WARM_UP_MS
    assert len(set(warming)) > 5
    assert min(warming) > 35
    assert set(settled) == {35}


def test_pm_order_holds_in_every_frame_also_while_warming_up() -> None:
    part = started(Scenario({"pm1_atm": Steady(80), "pm2_5_atm": Steady(50), "pm10_atm": Steady(10)}))
    frames = frames_until(part, 0, 60_000)
    for _, frame in frames:
        words = words_of(frame)
        assert words[0] <= words[1] <= words[2]
        assert words[3] <= words[4] <= words[5]


def test_passive_mode_speaks_only_when_read() -> None:
    part = started()
    assert asked(part, PASSIVE, 40_000) == [answer(0xE1, 0)]
    assert part.next_due() is None
    assert drained(part, 60_000) == []
    (frame,) = asked(part, READ, 60_000)
    assert words_of(frame)[4] == 35


def test_active_mode_streams_again_after_passive() -> None:
    part = started()
    asked(part, PASSIVE, 40_000)
    assert asked(part, ACTIVE, 50_000) == [answer(0xE1, 1)]
    assert [len(chunk) for chunk in drained(part, 50_200)] == [32]


def test_a_read_in_active_mode_is_not_answered() -> None:
    part = started()
    drained(part, 40_000)
    assert asked(part, READ, 40_100) == []


@pytest.mark.parametrize("acknowledges", [True, False])
def test_sleep_is_answered_then_silent_and_wake_warms_up_again(acknowledges: bool) -> None:
    part = started(acknowledges_wake=acknowledges)
    assert asked(part, SLEEP, 40_000) == [answer(0xE4, 0)]
    assert asked(part, READ + PASSIVE + SLEEP, 90_000) == []
    assert asked(part, WAKE, 100_000) == ([answer(0xE4, 1)] if acknowledges else [])
    assert part.settled_ms == 100_000 + WARM_UP_MS
    assert len(frames_until(part, 100_000, 105_000)) >= 3


def test_passive_mode_is_not_kept_over_sleep() -> None:
    part = started()
    asked(part, PASSIVE + SLEEP, 40_000)
    asked(part, WAKE, 50_000)
    assert len(drained(part, 51_000)) == 1


def test_power_off_is_silent_and_on_starts_as_new() -> None:
    part = started()
    asked(part, PASSIVE, 40_000)
    part.power(False)
    assert asked(part, READ, 41_000) == []
    assert part.next_due() is None
    part.power(True)
    assert part.next_due() == 0
    assert drained(part, 50_000) == []
    assert part.settled_ms == 50_000 + WARM_UP_MS
    assert len(drained(part, 51_000)) == 1  # streams: passive mode is forgotten


GARBLED = {
    "noise_before": b"\x00\xff\x42\x00" + PASSIVE,
    "half_a_command_before": SLEEP[:5] + PASSIVE,
    "start_byte_doubled": b"\x42" + PASSIVE,
    "wrong_sum_before": SLEEP[:-1] + b"\x00" + PASSIVE,
    "noise_after": PASSIVE + b"\x42\x4d\x00",
}


@pytest.mark.parametrize("name", GARBLED)
@pytest.mark.parametrize("step", [1, 64])
def test_a_command_is_found_in_noise(name: str, step: int) -> None:
    part = started()
    sent = GARBLED[name]
    for at in range(0, len(sent), step):
        part.handle(sent[at : at + step], 500)
    assert drained(part, 500) == [answer(0xE1, 0)]
    assert part.commands == {0xE1: 1, 0xE2: 0, 0xE4: 0}


def test_a_command_with_a_wrong_sum_is_not_obeyed() -> None:
    part = started()
    assert asked(part, SLEEP[:-1] + b"\x00", 500) == []
    assert part.rejected == 1


def test_stuck_shows_what_was_before_and_follows_again_after() -> None:
    faults = Faults(1)
    part = started(Scenario({"pm2_5_atm": Episode(20, 500, start_ms=50_000, ramp_ms=50_000, hold_ms=500_000)}), faults=faults)
    drained(part, 45_000)
    faults.on("stuck", start_ms=48_000, end_ms=200_000)
    for t_ms in (50_000, 100_000, 150_000, 250_000):
        drained(part, t_ms)
    shown = [(t, values["pm2_5_atm"]) for t, values in part.shown]
    assert shown == [(45_000, 20), (50_000, 20), (100_000, 20), (150_000, 20), (250_000, 500)]
    assert faults.injected["stuck"] == 3


def test_shown_between_gives_what_a_period_could_hold() -> None:
    part = started(Scenario({"pm2_5_atm": Episode(20, 140, start_ms=40_000, ramp_ms=12_000, hold_ms=1000)}))
    for t_ms in (40_000, 43_000, 46_000, 49_000, 52_000):
        drained(part, t_ms)
    assert part.shown_between(43_000, 49_000, "pm2_5_atm", slack_ms=0) == [50, 80, 110]
    assert part.shown_between(43_500, 49_000, "pm2_5_atm") == [50, 80, 110]
    assert part.shown_between(60_000, 70_000, "pm2_5_atm") == []
    assert part.shown_between(40_000, 52_000, "tvoc") == []


@pytest.mark.parametrize(("model", "length"), [("pms3003", 20), ("pms7003", 28), ("pms5003t", 28), ("pms5003s", 28), ("pms5003st", 36)])
def test_every_model_has_frames_of_its_length(model: str, length: int) -> None:
    part = Plantower(steady(pm2_5_atm=35, temperature=-10.1, humidity=65.8, formaldehyde=38), model=model)
    part.next_action(0)
    (frame,) = drained(part, SETTLED_MS)
    assert int.from_bytes(frame[2:4], "big") == length == len(frame) - 4
    assert sum(frame[:-2]) == int.from_bytes(frame[-2:], "big")
    expected = {"pms5003t": (24, "ff9b0292"), "pms5003s": (28, "0026"), "pms5003st": (28, "0026ff9b029200009700")}
    if model in expected:
        at, words = expected[model]
        assert frame[at : at + len(words) // 2].hex() == words
    assert part.shown[0][1].get("temperature", -10.1) == -10.1


def test_a_pms3003_is_not_answered_when_asked_and_a_clone_acknowledges_nothing() -> None:
    part = started()
    part.model = "pms3003"
    assert asked(part, PASSIVE, 500) == [answer(0xE1, 0)]
    assert asked(part, READ, 600) == []
    part.acknowledges = False
    assert asked(part, ACTIVE, 700) == []
