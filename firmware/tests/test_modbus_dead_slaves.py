# A slave that says nothing: what it costs the others, when it is put aside, and how it is found again.

from contract import quality as q
from contract.profiles import whole
from contract.shipped_profiles import PROFILES
from firmware.tests.test_modbus_rtu import HEALTHY, JXCT, MD02, SETTLED_MS, TVOC, Bench, pauses
from firmware.tests.virtual_parts import Slaves


def replies_of_ten(dead: tuple, timeout_ms: int, minutes: int) -> dict:
    profile = whole(dict(PROFILES["jxct_tvoc"], timeout_ms=timeout_ms))
    bench = Bench(Slaves({address: {6: 209} for address in range(1, 11)}), tuple((i, i, "jxct_tvoc", 2000, profile) for i in range(1, 11)))
    bench.peer.dead.update(dead)
    for minute in range(1, minutes + 1):
        bench.until(60000 * minute)
        bench.line.heard.clear()  # what was said for an hour has no room on a device
        bench.peer.asked.clear()
    return {slot: counters["replies"] for slot, counters in bench.bus.statistics()}


def test_a_dead_slave_does_not_raise_the_poll_time_of_the_others() -> None:
    alone = Bench(Slaves(HEALTHY), (MD02,))
    alone.until(200000)
    beside = Bench(Slaves(HEALTHY))
    beside.peer.dead.add(1)
    beside.until(200000)
    assert len(alone.asked(2)) == len(beside.asked(2)) == 100
    assert max(pauses(beside.asked(2))) <= 2000 + 700
    # Three polls, then probes after 12, 24, 48 s and every minute.
    assert 5 <= len(beside.asked(1)) <= 3 + 4 + 2


def test_one_dead_among_ten_costs_the_others_less_than_5_percent_of_their_polls_defect_9() -> None:
    for timeout_ms, minutes in ((500, 1), (500, 10), (4000, 60)):
        alone, beside = replies_of_ten((), timeout_ms, minutes), replies_of_ten((4,), timeout_ms, minutes)
        assert beside[4] == 0 and alone[4] == alone[1]
        assert all(beside[slot] >= 0.95 * alone[slot] for slot in alone if slot != 4), (timeout_ms, alone, beside)


def test_a_dead_slave_is_quarantined_and_says_so() -> None:
    bench = Bench(Slaves({}), (JXCT,))
    bench.until(7000)
    bench.sampler.close()
    bench.until(9000)
    assert bench.rows() == {(0, TVOC): [q.QUARANTINED, 0]}
    assert bench.bus.counters["quarantines"] == 1


def test_a_slave_that_returns_is_found_within_a_minute_and_settles_again() -> None:
    bench = Bench(Slaves(HEALTHY), (JXCT,)).settled()
    bench.peer.dead.add(1)
    bench.until(350000)
    bench.peer.dead.clear()
    bench.sampler.close()
    before = bench.bus.counters["frames"]
    while bench.bus.counters["frames"] == before:
        bench.until(bench.line.now + 1)
    assert bench.line.now <= 350000 + 62000
    assert bench.rows() == {(0, TVOC): [q.WARMING_UP, 1, 2090, 2090, 2090]}
    bench.until(bench.line.now + SETTLED_MS)
    bench.sampler.close()
    bench.until(bench.line.now + 10000)
    assert bench.rows()[(0, TVOC)][:2] == [q.OK, 5]


def test_after_an_answer_the_pauses_of_the_next_silence_begin_short_again() -> None:
    bench = Bench(Slaves(HEALTHY), (JXCT,)).settled()
    firsts = []
    for begin in (SETTLED_MS, SETTLED_MS + 400000):
        bench.peer.dead.add(1)
        bench.until(begin + 200000)
        asked = [at for at in bench.asked(1) if at >= begin]
        firsts.append([pause for pause in pauses(asked) if pause > 3000][:3])
        bench.peer.dead.clear()
        bench.until(begin + 400000)
    assert len(firsts[0]) == 3 and firsts[0][0] < firsts[0][2]
    assert firsts[1][0] < firsts[0][2]
