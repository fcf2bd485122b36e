"""What counts as standing still, as tables of looks: (seconds, look)."""

import pytest

from gateway.process.progress import ProgressSample, ProgressWatch

STORE_S, UPLINK_S = 60.0, 600.0
IDLE = ProgressSample(store_answers=1, asked_store=False, attempts=0, waiting=False)

GOES_ON = {
    "nothing to do for a day": [(86_400.0, IDLE)],
    "the fleet is away and every attempt fails": [(t * 300.0, ProgressSample(t, False, t, True)) for t in range(1, 100)],
    "a full disk refuses every commit and answers": [(t * 10.0, ProgressSample(t, True, 0, False)) for t in range(1, 100)],
    "an attempt takes nearly as long as it may": [(1.0, ProgressSample(1, False, 1, True)), (600.0, ProgressSample(2, False, 1, True))],
    "something waits again after a long rest": [(5000.0, ProgressSample(2, False, 1, False)), (5001.0, ProgressSample(3, False, 1, True))],
}
STANDS_STILL = {
    "the writer's thread hangs": ([(0.0, ProgressSample(1, True, 0, False)), (61.0, ProgressSample(1, True, 0, False))], "store"),
    "the store never answered at all": ([(61.0, ProgressSample(0, True, 0, False))], "store"),
    "the uplink hangs while something waits": (
        [(0.0, ProgressSample(1, False, 5, True)), (601.0, ProgressSample(9, False, 5, True))],
        "waits",
    ),
}


@pytest.mark.parametrize("looks", GOES_ON.values(), ids=GOES_ON.keys())
def test_work_and_rest_are_no_standstill(looks: list[tuple[float, ProgressSample]]) -> None:
    progress = ProgressWatch(STORE_S, UPLINK_S, 0.0)
    for now_s, look in looks:
        progress.observe(look, now_s)
        assert progress.standstill(now_s) is None


@pytest.mark.parametrize(("looks", "word"), STANDS_STILL.values(), ids=STANDS_STILL.keys())
def test_a_standstill_is_said(looks: list[tuple[float, ProgressSample]], word: str) -> None:
    progress = ProgressWatch(STORE_S, UPLINK_S, 0.0)
    for now_s, look in looks:
        progress.observe(look, now_s)
    found = progress.standstill(looks[-1][0])
    assert found is not None and word in found


def test_a_standstill_that_ends_is_over() -> None:
    progress = ProgressWatch(STORE_S, UPLINK_S, 0.0)
    progress.observe(ProgressSample(1, False, 5, True), 700.0)
    progress.observe(ProgressSample(1, False, 5, True), 1400.0)
    assert progress.standstill(1400.0) is not None
    progress.observe(ProgressSample(2, False, 6, True), 1401.0)
    assert progress.standstill(1401.0) is None
