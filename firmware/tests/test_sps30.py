# The SPS30 driver on a line in memory: floats at their resolution, and what the part says of its readings.

import struct

from contract import quality as q
from contract.quantities import ID
from firmware.tests.sps30_bench import AIR, WARM_MS, Bench, mass
from firmware.tests.test_shdlc import reply
from node.drivers.sps30 import value


def test_floats_keep_their_resolution() -> None:
    rows = Bench().warm().until(WARM_MS + 10000)
    assert mass(rows) == [q.OK, 10, 1250, 1250, 1250]
    assert rows[ID["pm4_mass"]][2] == 1313  # 13.125, half up
    assert rows[ID["count_upto_0_5"]][2] == 70500  # 70.5 in a cm3 are 7050 in 0.1 L
    assert rows[ID["typical_size"]][2] == 540


def test_an_all_zero_sample_is_data() -> None:
    bench = Bench().warm()
    bench.part.values = (0.0,) * 10
    assert mass(bench.until(WARM_MS + 5000))[:3] == [q.OK, 5, 0]


def test_an_empty_reply_is_no_sample_and_no_fault_defect_5() -> None:
    bench = Bench().warm()
    bench.part.values = None
    rows = bench.until(WARM_MS + 4000)
    assert mass(rows) == [q.NOT_MEASURED, 0]
    assert bench.driver.counters["empty"] == 4 and bench.driver.counters["timeouts"] == 0


def test_bit_7_of_a_state_has_the_status_asked_at_once_and_its_bits_are_told_defect_5() -> None:
    for bit, key in ((21, "fan_speed"), (5, "laser"), (4, "fan")):
        bench = Bench().warm()
        assert bench.driver.health() == [[3, {"fan": 0, "laser": 0, "fan_speed": 0}]]
        bench.part.state, bench.part.status = 0x80, 1 << bit
        rows = bench.until(WARM_MS + 5000)
        assert rows[ID["pm10_mass"]][0] == q.SENSOR_ERROR and rows[ID["pm10_mass"]][1] > 0, key
        assert bench.driver.health()[0][1][key] == 1
        bench.part.state = bench.part.status = 0
        bench.until(WARM_MS + 70000)
        assert mass(bench.until(WARM_MS + 75000))[0] == q.OK, key


def test_noise_only_is_no_value() -> None:
    bench = Bench().warm()
    bench.part.answers = [b"\x7e\x55\x66\x7e"] * 1000
    bench.until(WARM_MS + 6000)
    assert mass(bench.until(WARM_MS + 9000)) == [q.REJECTED, 0]
    assert bench.driver.counters["rejected_length"] > 0


def test_damaged_answers_cost_their_readings_and_no_warm_up() -> None:
    bench = Bench().warm()
    damaged = reply(0x03, 0, bytes(40))[:-2] + b"\x00\x7e"
    bench.part.answers = [damaged] * 6
    bench.until(WARM_MS + 2500)
    assert 0x11 not in bench.commands(100)
    assert mass(bench.until(WARM_MS + 6000))[0] == q.OK


def test_a_jump_on_a_noisy_line_needs_a_second_reading() -> None:
    bench = Bench().warm()
    bench.part.answers = [b"\x7e\x00\x7e"]
    bench.until(WARM_MS + 3000)
    bench.part.answers = [reply(0x03, 0, struct.pack(">10f", *((60.0,) * 4 + AIR[4:])))]
    rows = bench.until(WARM_MS + 8000)
    assert mass(rows)[0] == q.OK and mass(rows)[4] == 1250


def test_a_column_that_is_no_number_has_no_value_and_the_others_have_theirs() -> None:
    bench = Bench().warm()
    bench.part.values = (1.0, float("nan")) + AIR[2:]
    rows = bench.until(WARM_MS + 3000)
    assert mass(rows) == [q.SENTINEL, 0] and rows[ID["typical_size"]][0] == q.OK


def test_masses_that_do_not_rise_are_inconsistent_and_keep_their_numbers() -> None:
    bench = Bench(sensors=({"slot": 3},)).warm()
    bench.part.values = (20.0, 12.5) + AIR[2:]
    rows = bench.until(WARM_MS + 3000)
    assert mass(rows)[0] == q.INCONSISTENT and mass(rows)[2] == 1250
    assert rows[ID["typical_size"]][0] == q.OK


def test_beyond_the_range_of_the_part_a_number_is_kept_and_flagged() -> None:
    bench = Bench().warm()
    bench.part.values = (999.0, 1000.5, 1001.0, 1002.0) + AIR[4:]
    rows = bench.until(WARM_MS + 3000)
    assert mass(rows)[0] == q.OUT_OF_RANGE and mass(rows)[2] == 100050
    assert rows[ID["pm1_mass"]][0] == q.OK


def test_a_float_is_read_by_its_bits() -> None:
    assert value(struct.pack(">f", 3.14159), 0, 100) == 314
    assert value(b"\x00" + struct.pack(">f", 0.005), 1, 100) == 0  # 0.005 is a little less in binary
    assert value(struct.pack(">f", float("inf")), 0, 100) is None
