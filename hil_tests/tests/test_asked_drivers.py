"""The drivers of NextPM and Winsen parts against the virtual parts, whose encoders know nothing of them: what was shown is what is read;
lost questions, lost answers, noise, power cuts and other parts in their place cost readings, and never give a wrong one."""

import pytest

from contract import quality as q
from hil_tests.sensors.nextpm import NextPm
from hil_tests.sensors.uart_parts import UART_DEVICES
from hil_tests.sensors.winsen import Winsen
from hil_tests.tests.test_uart_drivers import AIR, assert_as_shown, on

# name, when its warm-up has surely ended
PARTS = (("nextpm", 40_000), ("ze08_ch2o", 190_000), ("ze40_tvoc", 190_000))
OTHERS = ("pms5003", "sds011", "hpma115s0")


@pytest.mark.parametrize(("name", "warm_ms"), PARTS)
def test_what_was_shown_is_what_is_read(name: str, warm_ms: int) -> None:
    bench, _, part = on(name, poll_ms=1000)
    assert bench.until(29_000).qualities() == {q.WARMING_UP}
    bench.until(warm_ms).sampler.close()
    assert_as_shown(bench.until(warm_ms + 30_000), part, warm_ms - 5000)
    assert bench.driver.counters["rejected_checksum"] == 0


@pytest.mark.parametrize(("name", "warm_ms"), PARTS)
def test_noise_costs_readings_and_gives_no_wrong_one(name: str, warm_ms: int) -> None:
    bench, peer, part = on(name, poll_ms=1000)
    for fault in ("garble", "drop"):
        peer.to_board.on(fault, 0.005)
    peer.to_board.on("foreign", 0.1)
    peer.to_board.on("split", 0.2)
    bench.until(warm_ms).sampler.close()
    for period in range(1, 60):
        allowed = (q.OK, q.STEP, q.NO_REPLY, q.REJECTED, q.WARMING_UP, q.SENSOR_ERROR)
        assert_as_shown(bench.until(warm_ms + 10_000 * period), part, warm_ms - 5000, allowed)
    assert bench.driver.counters["frames"] > 100, str(peer.to_board)
    if isinstance(part, NextPm):
        assert part.toggles == 0, str(peer.to_board)


def test_lost_questions_and_answers_leave_a_nextpm_stopped_when_asleep_and_running_when_awake() -> None:
    part = NextPm(AIR)
    bench, peer, _ = on("nextpm", part)
    bench.until(40_000)
    for faults in (peer.to_board, peer.from_board):
        faults.on("silence", 0.3)
    bench.driver.sleep()
    bench.until(200_000)
    assert part.stopped, (str(peer.to_board), str(peer.from_board))
    bench.driver.wake()
    bench.until(400_000)
    assert not part.stopped, (str(peer.to_board), str(peer.from_board))
    for faults in (peer.to_board, peer.from_board):
        faults.off()
    bench.until(450_000).sampler.close()
    assert_as_shown(bench.until(470_000), part, 445_000)


@pytest.mark.parametrize(("name", "warm_ms"), PARTS)
def test_a_power_cut_of_the_part_is_a_new_warm_up(name: str, warm_ms: int) -> None:
    bench, _, part = on(name, poll_ms=1000)
    bench.until(warm_ms + 5000)
    part.power(False)
    bench.until(warm_ms + 20_000)
    part.power(True)
    bench.until(warm_ms + 25_000).sampler.close()
    assert bench.until(warm_ms + 45_000).qualities() == {q.WARMING_UP}
    bench.until(2 * warm_ms + 30_000).sampler.close()
    assert_as_shown(bench.until(2 * warm_ms + 40_000), part, 2 * warm_ms + 25_000)


@pytest.mark.parametrize(("name", "other"), [(name, other) for name, _ in PARTS for other in OTHERS])
def test_another_part_on_the_port_is_never_a_number(name: str, other: str) -> None:
    bench, _, _ = on(name, UART_DEVICES[other](AIR))
    assert {tuple(row) for row in bench.until(60_000).rows().values()} <= {(q.REJECTED, 0), (q.NO_REPLY, 0)}


def test_a_virtual_nextpm_answers_with_the_published_bytes() -> None:
    part = NextPm(AIR)
    part.handle(bytes.fromhex("00811669"), 0)
    assert part.next_action(0) == bytes.fromhex("81160465")  # running, not ready: 81 + 16 + 04 + 65 = 100
    part.handle(bytes.fromhex("81156a"), 20_000)
    assert part.next_action(20_000) == bytes.fromhex("81150169")
    part.handle(bytes.fromhex("81116e"), 21_000)
    assert part.next_action(21_000) == bytes.fromhex("81160168")  # stopped: its state, for data
    part.handle(bytes.fromhex("811768"), 22_000)
    assert part.next_action(22_000) == bytes.fromhex("811701104710")
    assert part.next_due() is None


def test_a_virtual_ze08_streams_until_it_is_told_to_speak_when_asked() -> None:
    part = Winsen("ze08_ch2o", AIR)
    assert part.next_action(0) is None and part.next_due() == 1000
    streamed = part.next_action(1000)
    assert streamed is not None and streamed[:4] == bytes.fromhex("ff170400") and sum(streamed[1:]) % 256 == 0
    part.handle(bytes.fromhex("ff0178410000000046"), 1100)
    assert part.next_due() is None
    part.handle(bytes.fromhex("ff0186000000000079"), 181_000)
    # 38 ug/m3 are 31 ppb: 86 + 26 + 1F = CB
    assert part.next_action(181_000) == bytes.fromhex("ff 86 0026 0000 001f 35")
    assert part.shown[-1] == (181_000, {"formaldehyde": 38.0})
