# A jump on a noisy line counts only when it is confirmed; on a clean line, and of a size that air makes, it counts at once.

from contract import quality as q
from contract.quantities import ID
from firmware.tests.line import Line, run_until
from firmware.tests.virtual_parts import Scripted, plantower_frame, words
from node.drivers.plantower import Plantower
from node.drivers.plantower_weak_checks import NOISY_MS

NOISE = b"\x99"
STEADY = plantower_frame(words(7, 12, 15))
SENSOR = {"slot": 0, "part": "pms5003", "mode": "active", "poll_ms": 2000}
RISEN = plantower_frame(words(60, 90, 120))


class Recorder:
    # A sampler that keeps the qualities of PM2.5, one after the other.
    def __init__(self):
        self.found = []

    def add(self, slot: int, quantity: int, value: int, quality: int) -> None:
        if quantity == ID["pm2_5_atm"]:
            self.found.append(quality)

    def miss(self, slot: int, quality: int) -> None:
        pass


def qualities(frames: list, pace_ms: int = 1000) -> list:
    """Of these frames, said by a part that is warm."""
    script = [(1000 * i, STEADY) for i in range(32)]
    script += [(32000 + pace_ms * i, frame) for i, frame in enumerate(frames)]
    line = Line(Scripted(script))
    recorder = Recorder()
    run_until(Plantower(SENSOR, line, recorder, line.uptime_ms), line, 33000 + pace_ms * len(frames))
    return recorder.found[32:]


def forged(frame: bytes) -> bytes:
    """A word and the sum damaged alike: the sum is right."""
    damaged = bytearray(frame)
    damaged[15] += 60
    damaged[31] += 60
    return bytes(damaged)


def test_a_forgery_right_after_noise_is_not_used() -> None:
    assert qualities([NOISE + STEADY, forged(STEADY), STEADY, STEADY]) == [q.OK, q.STEP, q.STEP, q.OK]


def test_a_rise_right_after_noise_counts_from_the_second_frame() -> None:
    assert qualities([NOISE + STEADY, RISEN, RISEN]) == [q.OK, q.STEP, q.OK]


def test_on_a_clean_line_a_jump_counts_at_once() -> None:
    assert qualities([RISEN, STEADY]) == [q.OK, q.OK]


def test_small_moves_right_after_noise_count_at_once() -> None:
    assert qualities([NOISE + plantower_frame(words(7, 12, 15)), plantower_frame(words(9, 15, 18))]) == [q.OK, q.OK]


def test_a_forgery_of_a_size_that_a_gust_has_is_not_used_right_after_noise() -> None:
    # As a week of simulated noise has made them: 49 ug/m3 became 75, 36 became 20, a count of 43 became 74.
    for at, step in ((13, 26), (5, -5), (23, 31)):
        damaged = bytearray(STEADY)
        damaged[at] += step
        total = sum(damaged[:-2])
        damaged[30], damaged[31] = total >> 8, total & 0xFF
        assert qualities([NOISE + STEADY, bytes(damaged), STEADY, STEADY]) == [q.OK, q.STEP, q.STEP, q.OK], at


def test_noise_is_forgotten_after_half_a_minute() -> None:
    pace_ms = 4000
    quiet = NOISY_MS // pace_ms + 1
    assert qualities([NOISE + STEADY] + [STEADY] * quiet + [RISEN], pace_ms)[-1] == q.OK
    assert qualities([NOISE + STEADY] + [STEADY] * (quiet - 3) + [RISEN], pace_ms)[-1] == q.STEP
