# What is said to a SDS011 and what its frames become.

from contract import quality as q
from contract.quantities import ID
from firmware.tests.uart_bench import Bench
from firmware.tests.virtual_parts import Scripted
from firmware.tests.virtual_uart_parts import Sds011

PM2_5, PM10 = ID["pm2_5_mass"], ID["pm10_mass"]
WORK, SLEEP, ACTIVE, QUERY, READ, VERSION, CONTINUOUS = (6, 1), (6, 0), (2, 0), (2, 1), (4, 0), (7, 0), (8, 0)
SDS198 = bytes.fromhex("aacf2c01000000002dab")


def on(part: object, start_ms: int = 0, **settings: object) -> Bench:
    return Bench(part, "sds011", start_ms, **settings)


def said(bench: Bench, code: int, value: int) -> int:
    return len([1 for _, data in bench.line.heard if (data[2], data[4]) == (code, value)])


def test_tenths_become_the_wires_hundredths() -> None:
    bench = on(Sds011()).warm()
    assert bench.until(41000).rows() == {PM2_5: [q.OK, 10, 1230, 1230, 1230], PM10: [q.OK, 10, 2450, 2450, 2450]}
    assert bench.driver.channels == [(4, PM2_5), (4, PM10)]


def test_the_opening_is_work_mode_continuous_and_version_each_once() -> None:
    bench = on(Sds011()).until(5000)
    assert bench.part.commands == [WORK, ACTIVE, CONTINUOUS, VERSION]
    assert bench.part.period == 0
    assert bench.driver.counters["unacknowledged"] == 0


def test_a_lost_start_command_is_said_again_until_it_is_answered_defect_7() -> None:
    for lost in (1, 2):
        part = Sds011()
        part.asleep, part.deaf = True, lost
        bench = on(part).until(5000)
        assert not part.asleep
        assert said(bench, *WORK) == lost + 1
        assert bench.driver.counters["unacknowledged"] == 0


def test_a_start_command_that_is_lost_for_a_minute_is_said_again_all_the_time_defect_7() -> None:
    part = Sds011()
    part.asleep, part.deaf = True, 60
    bench = on(part).until(8000)
    assert bench.qualities() == {q.NO_REPLY}
    bench.until(100000)
    assert not part.asleep
    assert bench.driver.counters["unacknowledged"] > 0
    bench.sampler.close()
    assert bench.until(150000).qualities() == {q.OK}


def test_a_lost_wake_after_a_sleep_is_said_again_defect_7() -> None:
    bench = on(Sds011()).warm()
    bench.driver.sleep()
    bench.until(60000)
    assert bench.part.asleep
    bench.part.deaf = 2
    bench.driver.wake()
    bench.until(70000)
    assert not bench.part.asleep
    assert said(bench, *WORK) == 1 + 3


def test_a_reply_about_something_else_acknowledges_nothing() -> None:
    part = Sds011()
    part.acknowledges = False
    for at in range(0, 4000, 100):
        part.say(at, part._said(0xC5, bytes((8, 1, 5, 0))))
    bench = on(part).until(4000)
    assert said(bench, *WORK) == 3
    assert bench.driver.counters["unacknowledged"] >= 1


def test_a_part_whose_replies_are_all_lost_is_read_all_the_same() -> None:
    part = Sds011()
    part.acknowledges = False
    bench = on(part).warm()
    assert bench.until(40000).qualities() == {q.OK}
    assert bench.driver.counters["unacknowledged"] == 4
    assert bench.driver.identity() == [[4, "sds011", "id a160"]]


def test_sleep_is_checked_and_readings_are_asleep() -> None:
    bench = on(Sds011()).warm()
    bench.part.deaf = 2
    bench.driver.sleep()
    bench.until(40000)
    assert bench.part.asleep and said(bench, *SLEEP) == 3
    bench.sampler.close()
    assert bench.until(60000).qualities() == {q.ASLEEP}


def test_a_part_that_is_to_sleep_and_still_speaks_is_sent_to_sleep_again() -> None:
    bench = on(Sds011()).warm()
    bench.part.deaf = 3
    bench.driver.sleep()
    bench.until(40000)
    assert bench.part.asleep
    assert bench.driver.counters["unacknowledged"] == 1


def test_wake_begins_a_warm_up_and_says_all_again() -> None:
    bench = on(Sds011()).warm()
    bench.driver.sleep()
    bench.until(100000)
    before = len(bench.part.commands)
    bench.driver.wake()
    bench.sampler.close()
    assert bench.until(129000).qualities() == {q.WARMING_UP}
    assert bench.part.commands[before:] == [WORK, ACTIVE, CONTINUOUS, VERSION]
    assert bench.until(132000).qualities() == {q.OK}


def test_the_warm_up_is_a_setting() -> None:
    for seconds in (0, 5, 60):
        bench = on(Sds011(), warm_up_s=seconds)
        assert bench.driver.warm_up_ms == seconds * 1000
        bench.until(seconds * 1000 + 1500)
        bench.sampler.close()
        assert bench.until(seconds * 1000 + 5000).qualities() == {q.OK}
    assert on(Sds011(), warm_up_s=60).until(59000).qualities() == {q.WARMING_UP}


def test_zeros_are_data_and_warming_up_only_while_it_warms_up_defect_3() -> None:
    part = Sds011()
    part.pm2_5 = part.pm10 = 0
    bench = on(part).until(29000)
    assert set(map(tuple, bench.rows().values())) == {(q.WARMING_UP, 29, 0, 0, 0)}
    bench.until(31000)
    bench.sampler.close()
    assert set(map(tuple, bench.until(41000).rows().values())) == {(q.OK, 10, 0, 0, 0)}


def test_query_mode_is_set_and_asked_every_poll() -> None:
    bench = on(Sds011(), mode="passive", poll_ms=3000).warm()
    assert not bench.part.streams
    before = bench.part.commands.count(READ)
    row = bench.until(61000).rows()[PM2_5]
    assert bench.part.commands.count(READ) - before == 10
    assert row == [q.OK, 10, 1230, 1230, 1230]


def test_a_part_in_query_mode_that_streams_again_is_set_again() -> None:
    bench = on(Sds011(), mode="passive").warm()
    bench.part.streams = True
    bench.until(40000)
    assert not bench.part.streams
    assert bench.driver.counters["unasked"] >= 1


def test_the_identity_is_id_and_firmware_date() -> None:
    bench = on(Sds011())
    assert bench.driver.identity() == [[4, "sds011", ""]]
    bench.until(5000)
    assert bench.driver.identity() == [[4, "sds011", "id a160 firmware 15-07-10"]]
    assert bench.driver.health() == [[4, {}]]


def test_another_part_in_its_place_is_seen_by_its_id_and_opened_anew() -> None:
    bench = on(Sds011()).warm()
    bench.part.id, bench.part.version, bench.part.period = 0xB231, (18, 11, 16), 5
    seen = []
    while bench.line.now < 40000:
        bench.until(bench.line.now + 1)
        text = bench.driver.identity()[0][2]
        if text not in seen:
            seen.append(text)
    assert seen == ["id a160 firmware 15-07-10", "id b231 firmware 18-11-16"]
    assert bench.part.period == 0
    bench.sampler.close()
    assert bench.until(50000).qualities() == {q.WARMING_UP}


def test_one_damaged_id_is_no_other_part() -> None:
    bench = on(Sds011()).warm()
    bench.part.id = 0xA161
    bench.until(bench.line.now + 1000)
    bench.part.id = 0xA160
    bench.until(50000)
    assert bench.driver.identity()[0][2] == "id a160 firmware 15-07-10"
    assert bench.part.commands.count(VERSION) == 1


def test_at_999_9_it_is_saturated_and_beyond_out_of_range_with_its_value() -> None:
    bench = on(Sds011()).warm()
    bench.part.pm2_5, bench.part.pm10 = 9999, 10000
    bench.until(33000)
    bench.sampler.close()
    rows = bench.until(36000).rows()
    assert rows[PM2_5][:1] + rows[PM2_5][2:3] == [q.SATURATED, 99990]
    assert rows[PM10][:1] + rows[PM10][2:3] == [q.OUT_OF_RANGE, 100000]


def test_a_jump_on_a_noisy_line_needs_a_second_reading() -> None:
    bench = on(Sds011()).warm()
    bench.part.say(bench.line.now + 200, b"\x00\x01\x02")
    bench.until(32500)
    bench.sampler.close()
    bench.part.pm2_5 = 800
    bench.until(33500)
    assert bench.rows()[PM2_5][0] == q.STEP
    bench.until(36000)
    assert bench.rows()[PM2_5][::2] == [q.OK, 8000, 8000]


def test_a_sds198_is_never_a_number() -> None:
    bench = on(Scripted([(at, SDS198) for at in range(1000, 40000, 1000)])).until(40000)
    assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}
    assert bench.driver.counters["wrong_model"] == 39


def test_silence_is_no_reply_and_what_comes_after_warms_up() -> None:
    bench = on(Sds011()).warm()
    bench.part.silent = True
    bench.until(36500)
    bench.sampler.close()
    assert bench.until(45000).qualities() == {q.NO_REPLY}
    bench.part.silent = False
    bench.until(47000)
    bench.sampler.close()
    assert bench.until(60000).qualities() == {q.WARMING_UP}


def test_ticks_that_wrap_change_nothing_defect_10() -> None:
    for start in ((1 << 30) - 20000, (1 << 32) - 20000):
        bench = on(Sds011(), start)
        assert bench.until(29000).qualities() == {q.WARMING_UP}
        bench.until(32000)
        bench.sampler.close()
        assert bench.until(50000).qualities() == {q.OK}
