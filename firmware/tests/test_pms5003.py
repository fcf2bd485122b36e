# What the frames of a PMS5003 become, and what its silence is called.

from contract import quality as q
from contract.quantities import ID, key
from firmware.tests.line import Line, run_until
from firmware.tests.pms5003_bench import Bench
from firmware.tests.virtual_parts import Plantower, Scripted, plantower_frame, words
from node.drivers import plantower
from node.drivers.plantower_models import columns
from node.sampler import Sampler

COLUMNS = columns("pms5003")


def test_every_word_becomes_its_quantity_on_the_wires_scale() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.words = [1, 2, 3, 4, 5, 6, 700, 600, 500, 400, 300, 200]
    bench.until(33000)  # what was on the line before has passed
    bench.sampler.close()
    bench.until(43000)
    keys = ["pm1_cf1", "pm2_5_cf1", "pm10_cf1", "pm1_atm", "pm2_5_atm", "pm10_atm"]
    expected = {ID[key]: value for key, value in zip(keys, (100, 200, 300, 400, 500, 600))}
    counts = ["count_0_3", "count_0_5", "count_1_0", "count_2_5", "count_5_0", "count_10"]
    expected.update({ID[key]: value for key, value in zip(counts, (7000, 6000, 5000, 4000, 3000, 2000))})
    rows = bench.rows()
    assert {quantity: row[2] for quantity, row in rows.items()} == expected
    assert {row[0] for row in rows.values()} == {q.OK}
    assert {row[1] for row in rows.values()} == {10}


def test_channels_are_those_of_the_rows() -> None:
    bench = Bench(Plantower())
    assert bench.driver.channels == [(4, column[1]) for column in COLUMNS] == [(row[0], row[1]) for row in bench.sampler.close()]


def test_the_first_30_s_are_warming_up_with_their_values() -> None:
    bench = Bench(Plantower())
    bench.until(29000)
    rows = bench.rows()
    assert rows[ID["pm2_5_atm"]] == [q.WARMING_UP, 29, 1200, 1200, 1200]
    bench.until(31500)
    assert bench.rows()[ID["pm2_5_atm"]][0] == q.OK


def test_before_the_first_frame_of_a_warm_up_the_reason_is_the_warm_up() -> None:
    bench = Bench(Plantower(pace_ms=4000))
    bench.part.asleep = True
    bench.until(1200)
    assert bench.qualities() == {q.WARMING_UP}


def test_an_all_zero_frame_is_data() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.words = [0] * 12
    bench.until(33000)
    bench.sampler.close()
    bench.until(36000)
    assert set(map(tuple, bench.rows().values())) == {(q.OK, 3, 0, 0, 0)}


def test_an_error_byte_marks_every_channel_and_keeps_the_values() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.error = 4
    bench.until(36000)
    bench.sampler.close()
    bench.until(40000)
    rows = bench.rows()
    assert {row[0] for row in rows.values()} == {q.SENSOR_ERROR}
    assert rows[ID["pm2_5_atm"]][2] == 1200


def judged(frame: bytes) -> dict:
    """{key: quality} of this frame, said by a warm part to a sampler that knows the settings."""
    sensor = {"slot": 4, "part": "pms5003", "mode": "active", "poll_ms": 2000}
    line = Line(Scripted([(1000 * i, plantower_frame(words(7, 12, 15))) for i in range(1, 32)] + [(32000, frame)]))
    sampler = Sampler(plantower.channels(4, "pms5003"), line.uptime_ms, [sensor])
    driver = plantower.build(sensor, line, sampler, line.uptime_ms)
    run_until(driver, line, 31500)
    sampler.close()
    run_until(driver, line, 32500)
    return {key(row[1]): row[2] for row in sampler.close()}


def test_a_triple_out_of_order_is_inconsistent_and_the_others_are_not() -> None:
    found = judged(plantower_frame([9, 8, 15, 7, 12, 15, 900, 300, 90, 30, 9, 3]))
    wrong = {"pm1_cf1", "pm2_5_cf1", "pm10_cf1"}
    assert {name for name, quality in found.items() if quality == q.INCONSISTENT} == wrong
    assert {quality for name, quality in found.items() if name not in wrong} == {q.OK}


def test_pm2_5_above_pm10_is_inconsistent_and_equal_ones_are_not() -> None:
    assert judged(plantower_frame(words(5, 16, 15)))["pm2_5_atm"] == q.INCONSISTENT
    assert judged(plantower_frame(words(15, 15, 15)))["pm2_5_atm"] == q.OK


def test_a_mass_beyond_1000_is_out_of_range_with_its_value() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.words = words(900, 1000, 1001)
    bench.until(33000)
    bench.sampler.close()
    bench.until(35000)
    rows = bench.rows()
    assert rows[ID["pm10_atm"]][0] == q.OUT_OF_RANGE
    assert rows[ID["pm10_atm"]][2] == 100100
    assert rows[ID["pm2_5_atm"]][0] == q.OK


def test_silence_beyond_5_s_is_no_reply() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.silent = True
    bench.until(36500)
    bench.sampler.close()
    bench.until(40000)
    assert bench.qualities() == {q.NO_REPLY}


def test_a_part_that_was_never_there_is_no_reply() -> None:
    bench = Bench(Scripted([]))
    bench.until(5600)
    bench.sampler.close()
    bench.until(7000)
    assert bench.qualities() == {q.NO_REPLY}
    assert bench.driver.identity() == [[4, "pms5003", ""]]


def test_bytes_without_a_good_frame_are_rejected() -> None:
    foreign = b"\x42\x4d\x00\x14" + bytes(20)
    bench = Bench(Scripted([(at, foreign) for at in range(0, 20000, 1000)]))
    bench.until(6000)
    bench.sampler.close()
    bench.until(12000)
    assert bench.qualities() == {q.REJECTED}
    assert bench.driver.counters["rejected_length"] >= 10


def test_after_a_long_silence_the_part_warms_up_again() -> None:
    bench = Bench(Plantower()).warm()
    bench.part.silent = True
    bench.until(40000)
    bench.part.silent = False
    bench.sampler.close()
    bench.until(60000)
    assert bench.qualities() == {q.WARMING_UP}
    bench.until(72000)
    assert bench.qualities() == {q.OK}
    assert bench.driver.counters["part_restarts"] == 1


def test_the_firmware_byte_is_the_identity() -> None:
    bench = Bench(Plantower())
    bench.until(3000)
    assert bench.driver.identity() == [[4, "pms5003", "firmware 151"]]


def test_one_frame_with_another_firmware_byte_is_no_other_part_but_two_are() -> None:
    frames = [plantower_frame(words(7, 12, 15), firmware) for firmware in (151, 151, 90, 151, 152, 152)]
    bench = Bench(Scripted([(1000 * (i + 1), frame) for i, frame in enumerate(frames)]))
    seen = []
    while bench.line.now < 8000:
        bench.until(bench.line.now + 1)
        text = bench.driver.identity()[0][2]
        if text not in seen:
            seen.append(text)
    assert seen == ["", "firmware 151", "firmware 152"]


def test_ticks_that_wrap_change_nothing() -> None:
    for start in ((1 << 30) - 20000, (1 << 32) - 20000):
        bench = Bench(Plantower(), start_ms=start)
        bench.until(29000)
        assert bench.qualities() == {q.WARMING_UP}
        bench.until(45000)
        bench.sampler.close()
        bench.until(50000)
        assert bench.qualities() == {q.OK}


def test_the_beat_comes_at_least_every_2_s_whatever_the_part_does() -> None:
    for part, mode in ((Plantower(), "active"), (Plantower(), "passive"), (Scripted([]), "active"), (Scripted([]), "passive")):
        bench = Bench(part, mode, 60000)
        last = 0
        while bench.line.now < 100000:
            bench.until(bench.line.now + 1)
            assert bench.line.now - last <= 2000
            last = bench.line.now
