# The SPS30 driver on a line in memory: floats at their resolution, what the part says of itself, and a part that loses its power.

import struct

from contract import quality as q
from contract.quantities import ID
from firmware.tests.line import Line, run_until
from firmware.tests.test_shdlc import reply
from node.drivers import sps30
from node.drivers.shdlc import request
from node.drivers.sps30 import Sps30, value
from node.sampler import Sampler

AIR = (10.25, 12.5, 13.125, 13.5, 70.5, 80.25, 81.0, 81.5, 81.75, 0.54)
WARM_MS = 31000


class Part:
    """What an SPS30 does when it is asked. `state` is or-ed into every state; `values` None: no new sample; dead: no power."""

    def __init__(self):
        self.values = AIR
        self.measuring = False
        self.asleep = True
        self.dead = False
        self.state = 0
        self.status = 0
        self.serial = b"8F3C21AA0B\x00"
        self.asked = []  # (time, command)
        self.answers = []  # instead of the next replies
        self._out = []

    def handle(self, data: bytes, now: int) -> None:
        if self.dead:
            return
        data = data.lstrip(b"\xff")
        command = data[3] ^ 0x20 if data[2] == 0x7D else data[2]
        self.asked.append((now, command))
        said = self.answers.pop(0) if self.answers else self._said(command)
        if said is not None:
            self._out.append((now + 10, said))

    def lose_power(self) -> None:
        self.measuring, self.asleep = False, False

    def next_due(self) -> "int | None":
        return self._out[0][0] if self._out else None

    def next_action(self, now: int) -> "bytes | None":
        return self._out.pop(0)[1] if self._out and self._out[0][0] <= now else None

    def _said(self, command: int) -> "bytes | None":
        if command == 0x11:
            state, self.asleep = 0 if self.asleep else 0x43, False
            return reply(command, state)
        if self.asleep:
            return None
        if command == 0x00:
            state, self.measuring = 0x43 if self.measuring else 0, True
            return reply(command, state)
        if command in (0x01, 0x10):
            self.measuring, self.asleep = False, command == 0x10
            return reply(command, 0)
        if command in (0x03, 0x56) and not self.measuring:
            return reply(command, 0x43)
        data = {0xD0: self.serial, 0xD1: b"\x02\x02\x00\x07\x00\x02\x00", 0xD2: struct.pack(">I", self.status) + b"\x00"}.get(command, b"")
        if command == 0x03 and self.values is not None:
            data = struct.pack(">10f", *self.values)
        return reply(command, self.state, data)


class Bench:
    def __init__(self, clean_every_h: int = 0):
        self.part = Part()
        self.line = Line(self.part)
        self.line.character_us = 87
        self.sampler = Sampler(sps30.channels(3, "sps30"), self.line.uptime_ms)
        self.driver = Sps30(3, self.line, self.sampler, clean_every_h, self.line.uptime_ms)

    def until(self, ms: int) -> dict:
        while self.line.now < ms:  # what was said is forgotten on the way: hours of it have no room on a device
            self.line.heard = self.line.heard[:4]
            self.part.asked = [row for row in self.part.asked if row[1] not in (0x03, 0xD2)] if self.line.now > 60000 else self.part.asked
            run_until(self.driver, self.line, min(ms, self.line.now + 600000))
        return {row[1]: row[2:] for row in self.sampler.close()}

    def warm(self) -> "Bench":
        self.until(WARM_MS)
        return self

    def commands(self, since: int = 0) -> list:
        return [command for at, command in self.part.asked if at >= since]


def mass(rows: dict) -> list:
    return rows[ID["pm2_5_mass"]]


def test_the_first_words_are_wake_version_serial_and_start_then_a_read_each_second() -> None:
    bench = Bench()
    bench.until(10500)
    assert bench.commands()[:4] == [0x11, 0xD1, 0xD0, 0x00]
    assert bench.commands().count(0x03) in (9, 10)
    assert bench.line.heard[0][1] == b"\xff" + request(0x11)
    assert bench.driver.identity() == [[3, "sps30", "8F3C21AA0B"]]


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


def test_after_start_the_readings_are_warming_up() -> None:
    assert mass(Bench().until(20000))[0] == q.WARMING_UP


def test_an_empty_reply_is_no_sample_and_no_fault_defect_5() -> None:
    bench = Bench().warm()
    bench.part.values = None
    rows = bench.until(WARM_MS + 4000)
    assert mass(rows) == [q.NOT_MEASURED, 0]
    assert bench.driver.counters["empty"] == 4 and bench.driver.counters["timeouts"] == 0


def test_a_part_that_is_awake_and_measures_already_is_taken_as_it_is_defect_5() -> None:
    bench = Bench()
    bench.part.asleep, bench.part.measuring = False, True
    assert mass(bench.warm().until(WARM_MS + 3000))[0] == q.OK
    assert bench.driver.counters["refused"] == 0 and bench.driver.counters["restarts"] == 0


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


def test_a_part_that_lost_its_power_is_started_again_and_warms_up() -> None:
    bench = Bench().warm()
    bench.part.lose_power()
    rows = bench.until(WARM_MS + 10000)
    assert mass(rows)[0] == q.WARMING_UP
    assert bench.driver.counters["restarts"] == 1
    assert mass(bench.until(2 * WARM_MS + 12000))[0] in (q.OK, q.WARMING_UP)
    assert mass(bench.until(2 * WARM_MS + 15000))[0] == q.OK


def test_silence_is_no_reply_and_the_part_is_sought_from_the_beginning() -> None:
    bench = Bench().warm()
    bench.part.dead = True
    bench.until(WARM_MS + 6000)
    assert mass(bench.until(WARM_MS + 10000)) == [q.NO_REPLY, 0]
    bench.part.dead = False
    bench.part.lose_power()
    bench.until(WARM_MS + 50000)
    assert mass(bench.until(WARM_MS + 55000))[0] == q.OK


def test_noise_only_is_no_value() -> None:
    bench = Bench().warm()
    bench.part.answers = [b"\x7e\x55\x66\x7e"] * 1000
    bench.until(WARM_MS + 6000)
    row = mass(bench.until(WARM_MS + 9000))
    assert row[1] == 0 and row[0] in (q.REJECTED, q.NO_REPLY)
    assert bench.driver.counters["rejected_length"] > 0


def test_cleaning_is_flagged_and_comes_an_hour_after_power_on_and_every_so_many_hours() -> None:
    bench = Bench(clean_every_h=1)
    bench.until(3599000)
    assert 0x56 not in bench.commands()
    assert mass(bench.until(3608000))[0] in (q.OK, q.CLEANING)
    assert mass(bench.until(3611000))[0] == q.CLEANING
    bench.until(3620000)
    assert mass(bench.until(3625000))[0] == q.OK
    bench.until(2 * 3600000 + 5000)
    assert bench.commands().count(0x56) == 2 == bench.driver.counters["cleanings"]


def test_cleaning_can_be_switched_off() -> None:
    bench = Bench(clean_every_h=0)
    bench.until(2 * 3600000)
    assert 0x56 not in bench.commands()


def test_sleep_stops_and_sleeps_and_wake_starts_again() -> None:
    bench = Bench().warm()
    bench.driver.sleep()
    bench.until(WARM_MS + 500)
    assert bench.part.asleep and bench.commands(WARM_MS - 200)[-2:] == [0x01, 0x10]
    assert mass(bench.until(WARM_MS + 60000)) == [q.ASLEEP, 0]
    bench.driver.wake()
    assert mass(bench.until(WARM_MS + 70000))[0] == q.WARMING_UP
    bench.until(WARM_MS + 100000)
    assert mass(bench.until(WARM_MS + 105000))[0] == q.OK


def test_a_column_that_is_no_number_has_no_value_and_the_others_have_theirs() -> None:
    bench = Bench().warm()
    bench.part.values = (1.0, float("nan")) + AIR[2:]
    rows = bench.until(WARM_MS + 3000)
    assert mass(rows) == [q.SENTINEL, 0] and rows[ID["typical_size"]][0] == q.OK


def test_masses_that_do_not_rise_are_inconsistent_and_keep_their_numbers() -> None:
    bench = Bench().warm()
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
