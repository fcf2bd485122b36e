# What is said to a PMS5003: sleep, wake and mode until they are heard, and how a part that lost its way is brought back.

from contract import quality as q
from contract.quantities import ID
from firmware.tests.pms5003_bench import Bench
from firmware.tests.virtual_parts import Plantower, plantower_frame, words

SLEEP, PASSIVE, READ = (0xE4, 0), (0xE1, 0), (0xE2, 0)


def test_sleep_is_told_until_acknowledged_and_then_no_more() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.deaf = 2
    bench.driver.sleep()
    bench.until(40000)
    assert bench.part.asleep
    assert [code for code in bench.part.commands if code == SLEEP] == [SLEEP]
    assert len([1 for _, data in bench.line.heard if data[2] == 0xE4 and data[4] == 0]) == 3
    bench.sampler.close()
    bench.until(60000)
    assert bench.qualities() == {q.ASLEEP}
    assert bench.driver.counters["unacknowledged"] == 0


def test_a_sleep_that_was_lost_three_times_is_told_again_when_the_part_still_speaks() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.deaf = 3
    bench.driver.sleep()
    bench.until(40000)
    assert bench.part.asleep
    assert bench.driver.counters["unacknowledged"] == 1


def test_frames_of_a_part_that_is_to_sleep_are_no_readings() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.deaf = 1000
    bench.driver.sleep()
    bench.until(36000)
    assert bench.qualities() == {q.ASLEEP}


def test_an_ack_behind_a_torn_frame_and_a_silence_is_heard() -> None:
    bench = Bench(Plantower(), "passive", 20000).warm()
    bench.part.say(bench.line.now, plantower_frame(words(7, 12, 15))[:9])
    bench.until(35000)
    bench.driver.sleep()
    bench.until(40000)
    assert len([1 for _, data in bench.line.heard if data[2] == 0xE4 and data[4] == 0]) == 1
    assert bench.driver.counters["rejected_torn"] == 1


def test_wake_begins_a_warm_up_of_30_s() -> None:
    bench = Bench(Plantower()).warm()
    bench.driver.sleep()
    bench.until(100000)
    bench.driver.wake()
    bench.sampler.close()
    bench.until(129000)
    assert bench.qualities() == {q.WARMING_UP}
    bench.until(132000)
    assert bench.qualities() == {q.OK}


def test_a_lost_wake_is_told_again() -> None:
    bench = Bench(Plantower()).warm()
    bench.driver.sleep()
    bench.until(40000)
    bench.part.deaf = 2
    bench.driver.wake()
    bench.until(45000)
    assert not bench.part.asleep


def test_a_part_that_never_acknowledges_is_still_read() -> None:
    part = Plantower()
    part.acknowledges = False
    bench = Bench(part).warm()
    bench.until(35000)
    assert bench.qualities() == {q.OK}


def test_a_part_that_the_node_before_a_restart_left_asleep_is_woken() -> None:
    part = Plantower()
    part.asleep = True
    bench = Bench(part)
    bench.until(5000)
    assert not part.asleep
    assert bench.driver.counters["frames"] > 0


def test_a_part_that_was_left_passive_is_made_active() -> None:
    part = Plantower(mode="passive")
    bench = Bench(part)
    bench.until(5000)
    assert part.mode == "active"


def test_passive_mode_is_set_and_asked_every_poll() -> None:
    bench = Bench(Plantower(), "passive", 3000).warm()
    assert bench.part.mode == "passive"
    before = bench.part.commands.count(READ)
    bench.until(61000)
    assert bench.part.commands.count(READ) - before == 10
    row = bench.rows()[ID["pm2_5_atm"]]
    assert row == [q.OK, 10, 1200, 1200, 1200]


def test_passive_mode_is_sent_again_after_a_wake() -> None:
    bench = Bench(Plantower(), "passive").warm()
    bench.driver.sleep()
    bench.until(40000)
    bench.driver.wake()
    bench.until(45000)
    assert bench.part.mode == "passive"
    assert bench.part.commands.count(PASSIVE) == 2
    assert bench.driver.counters["unasked"] == 0


def test_a_passive_part_that_streams_again_after_a_power_cut_is_made_passive() -> None:
    bench = Bench(Plantower(), "passive").warm()
    bench.part.mode = "active"
    bench.until(40000)
    assert bench.part.mode == "passive"
    assert bench.driver.counters["unasked"] >= 1


def test_a_passive_part_that_does_not_answer_is_no_reply() -> None:
    bench = Bench(Plantower(), "passive", 1000).warm()
    bench.part.silent = True
    bench.until(38000)
    bench.sampler.close()
    bench.until(42000)
    assert bench.qualities() == {q.NO_REPLY}


def test_a_silent_active_part_is_woken_every_10_s() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.mode = "passive"  # as after a swap for a part that was left so
    bench.until(50000)
    assert bench.part.mode == "active"
    bench.sampler.close()
    bench.until(52000)
    assert q.NO_REPLY not in bench.qualities()


def test_a_part_that_speaks_in_its_sleep_was_not_started_again() -> None:
    bench = Bench(Plantower()).warm()
    bench.driver.sleep()
    bench.until(60000)
    bench.part.say(60010, plantower_frame(words(7, 12, 15)))
    bench.until(70000)
    assert bench.part.asleep and bench.driver.counters["part_restarts"] == 0
