"""The virtual Modbus transmitters against the makers' frames and the rules of the serial line."""

import math
import struct

import pytest

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.modbus_models import MODELS
from hil_tests.sensors.modbus_slaves import ModbusSlave, ModbusSlaves, crc16, frame_gap_ms, with_crc
from hil_tests.sensors.scenario import Scenario, Steady, steady

SETTLED_MS = 60_000

JXCT_AIR = steady(tvoc=209, humidity=65.8, temperature=-10.1, co2=451, pm2_5_mass=12, pm10_mass=33)


def bus_of(*slaves: ModbusSlave, baud: int | None = None) -> ModbusSlaves:
    """Shown its first moment, 0, so that every slave has settled at SETTLED_MS."""
    bus = ModbusSlaves(list(slaves), baud)
    assert bus.next_action(0) is None
    return bus


def answered(bus: ModbusSlaves, request: bytes, now_ms: int = SETTLED_MS) -> bytes | None:
    """The reply to a whole request, a second of silence later."""
    bus.handle(request, now_ms)
    while (due := bus.next_due()) is not None:
        now_ms = max(now_ms + 1, math.ceil(due))
        if (reply := bus.next_action(now_ms)) is not None:
            return reply
    return None


def request(address: int, function: int, register: int, operand: int) -> bytes:
    return with_crc(struct.pack(">BBHH", address, function, register, operand))


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"123456789", 0x4B37),  # the published check value of CRC-16/MODBUS
        (b"", 0xFFFF),
        (bytes.fromhex("010300060001"), 0x0B64),
        (bytes.fromhex("01030200d1"), 0x1878),
        (bytes.fromhex("0103040292ff9b"), 0x3D5A),
        (bytes.fromhex("01030201c3"), 0x85F9),  # the manual prints 78 35 here, wrongly
    ],
)
def test_crc_check_values(data: bytes, crc: int) -> None:
    assert crc16(data) == crc


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("010300060001640b", "01030200d17818"),  # TVOC 209 ppb, the manual's example
        ("010300000002c40b", "0103040292ff9b5a3d"),  # 65.8 %, -10.1 degC, the manual's example
        ("010300050001940b", "01030201c3f985"),  # CO2 451 ppm, the manual's example with its checksum put right
    ],
)
def test_jxct_answers_the_frames_of_its_manual(asked: str, reply: str) -> None:
    bus = bus_of(ModbusSlave("jxct_tvoc", JXCT_AIR))
    assert answered(bus, bytes.fromhex(asked)) == bytes.fromhex(reply)


def test_seven_registers_have_fourteen_bytes_and_holes_are_zero() -> None:
    reply = answered(bus_of(ModbusSlave("jxct_tvoc", JXCT_AIR)), request(1, 3, 0, 7))
    assert reply is not None
    assert reply[2] == 14
    assert struct.unpack(">HhHHHHH", reply[3:-2]) == (658, -101, 0, 0, 12, 451, 209)


def test_xy_md02_measures_by_function_4_only() -> None:
    bus = bus_of(ModbusSlave("xy_md02", steady(temperature=21.5, humidity=48.2)))
    assert answered(bus, request(1, 4, 1, 2)) == with_crc(bytes.fromhex("01 04 04 00d7 01e2"))
    assert answered(bus, request(1, 3, 1, 2)) == with_crc(bytes.fromhex("01 83 02"))


def test_renke_speaks_at_4800() -> None:
    bus = bus_of(ModbusSlave("renke_rs_ws", steady(temperature=-10.1, humidity=65.8)))
    assert bus.baud == 4800
    assert answered(bus, request(1, 3, 0, 2)) == bytes.fromhex("0103040292ff9b5a3d")


ILLEGAL = [
    # model, function, register, operand, code
    ("jxct_tvoc", 4, 0x0006, 1, 1),
    ("jxct_tvoc", 1, 0x0000, 1, 1),
    ("renke_rs_ws", 4, 0x0000, 1, 1),
    ("xy_md02", 5, 0x0000, 1, 1),
    ("jxct_tvoc", 3, 0x000A, 1, 2),
    ("jxct_tvoc", 3, 0x0006, 5, 2),
    ("jxct_tvoc", 3, 0xFFFF, 2, 2),
    ("xy_md02", 4, 0x0000, 1, 2),
    ("xy_md02", 3, 0x0105, 1, 2),
    ("xy_md02", 6, 0x0001, 1, 2),
    ("renke_rs_ws", 3, 0x0002, 1, 2),
    ("jxct_tvoc", 3, 0x0000, 0, 3),
    ("jxct_tvoc", 3, 0x0000, 126, 3),
    ("xy_md02", 6, 0x0101, 248, 3),
    ("xy_md02", 6, 0x0102, 3, 3),
]


@pytest.mark.parametrize(("model", "function", "register", "operand", "code"), ILLEGAL)
def test_an_illegal_request_is_an_exception(model: str, function: int, register: int, operand: int, code: int) -> None:
    slave = ModbusSlave(model, steady())
    assert answered(bus_of(slave), request(1, function, register, operand)) == with_crc(bytes((1, function | 0x80, code)))
    assert slave.exceptions == 1
    assert slave.shown == []


SILENT = {
    "another_address": (request(2, 3, 6, 1), "nobody"),
    "broadcast": (request(0, 6, 0x0100, 5), "nobody"),
    "wrong_crc": (bytes.fromhex("010300060001640c"), "crc"),
    "crc_high_byte_first": (bytes.fromhex("0103000600010b64"), "crc"),
    "noise_in_front_without_a_gap": (b"\x00" + request(1, 3, 6, 1), "crc"),
    "three_bytes": (b"\x01\x03\x00", "short"),
    "endless": (b"\x55" * 400, "long"),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_is_not_for_it_is_met_with_silence_and_counted(name: str) -> None:
    sent, reason = SILENT[name]
    slave = ModbusSlave("jxct_tvoc", steady())
    bus = bus_of(slave)
    assert answered(bus, sent) is None
    assert {key: count for key, count in bus.rejected.items() if count} == {reason: 1}
    assert slave.requests == 0
    assert answered(bus, request(1, 3, 6, 1), SETTLED_MS + 1000) is not None  # and the next one is heard


def test_a_slave_set_to_address_0_does_not_answer_broadcasts() -> None:
    bus = bus_of(ModbusSlave("jxct_tvoc", steady(), address=0))
    assert answered(bus, request(0, 3, 6, 1)) is None


def test_a_gap_of_three_and_a_half_characters_ends_a_frame() -> None:
    assert frame_gap_ms(9600) == pytest.approx(3.646, abs=0.001)
    assert frame_gap_ms(4800) == pytest.approx(7.292, abs=0.001)
    assert frame_gap_ms(38400) == 1.75
    asked = request(1, 3, 6, 1)
    bus = bus_of(ModbusSlave("jxct_tvoc", steady()))
    bus.handle(asked[:4], 60_000)
    bus.handle(asked[4:], 60_003)
    assert answered(bus, b"", 60_003) is not None
    bus.handle(asked[:4], 61_000)
    bus.handle(asked[4:], 61_004)
    assert answered(bus, b"", 61_004) is None
    assert bus.rejected["crc"] == 2


def test_noise_before_a_gap_does_no_harm() -> None:
    bus = bus_of(ModbusSlave("jxct_tvoc", steady()))
    bus.handle(b"\x00\xff\x00", 60_000)
    assert answered(bus, request(1, 3, 6, 1), 60_010) is not None


def test_the_reply_comes_after_the_gap_and_the_response_delay() -> None:
    bus = bus_of(ModbusSlave("jxct_tvoc", steady(), response_ms=40))
    bus.handle(request(1, 3, 6, 1), 60_000)
    assert bus.next_action(60_003) is None
    assert bus.next_action(60_004) is None
    assert bus.next_due() == 60_044
    assert bus.next_action(60_043) is None
    assert bus.next_action(60_044) is not None
    assert bus.next_due() is None


def test_each_slave_of_a_bus_answers_for_itself() -> None:
    one = ModbusSlave("jxct_tvoc", steady(tvoc=100), address=1)
    two = ModbusSlave("xy_md02", steady(temperature=20), address=2)
    bus = bus_of(one, two)
    assert answered(bus, request(1, 3, 6, 1)) == with_crc(bytes.fromhex("0103020064"))
    assert answered(bus, request(2, 4, 1, 1)) == with_crc(bytes.fromhex("02040200c8"))
    assert [values for _, values in one.shown] == [{"tvoc": 100}]
    assert [values for _, values in two.shown] == [{"temperature": 20}]


def test_a_slave_at_another_baud_rate_hears_nothing() -> None:
    bus = bus_of(ModbusSlave("jxct_tvoc", steady()), ModbusSlave("renke_rs_ws", steady(), address=2))
    assert answered(bus, request(1, 3, 6, 1)) is not None
    assert answered(bus, request(2, 3, 0, 1)) is None


def test_a_written_address_holds_after_the_echo_and_over_a_power_cut() -> None:
    bus = bus_of(ModbusSlave("xy_md02", steady()))
    assert answered(bus, request(1, 6, 0x0101, 9)) == request(1, 6, 0x0101, 9)
    bus.power(False)
    bus.power(True)
    bus.next_action(61_000)
    assert answered(bus, request(1, 4, 1, 1), 65_000) is None
    assert answered(bus, request(9, 3, 0x0101, 1), 66_000) == with_crc(bytes.fromhex("0903020009"))


def test_a_written_baud_rate_silences_the_slave_until_the_bus_follows() -> None:
    bus = bus_of(ModbusSlave("renke_rs_ws", steady()))
    assert answered(bus, request(1, 6, 0x07D1, 2)) is not None
    assert answered(bus, request(1, 3, 0, 1)) is None
    bus.baud = 9600
    assert answered(bus, request(1, 3, 0, 1)) is not None


def test_an_offset_of_the_xy_md02_is_added_and_signed() -> None:
    bus = bus_of(ModbusSlave("xy_md02", steady(temperature=0.5)))
    assert answered(bus, request(1, 6, 0x0103, 0x10000 - 15)) is not None
    assert answered(bus, request(1, 4, 1, 1)) == with_crc(struct.pack(">BBBh", 1, 4, 2, -10))


def test_tvoc_saturates_at_its_range_and_says_what_it_showed() -> None:
    slave = ModbusSlave("jxct_tvoc", steady(tvoc=2500))
    assert answered(bus_of(slave), request(1, 3, 6, 1)) == with_crc(bytes.fromhex("01030203e8"))
    assert slave.shown_between(0, 1e9, "tvoc") == [1000]


def test_what_cannot_be_measured_is_a_device_failure() -> None:
    bus = bus_of(ModbusSlave("jxct_tvoc", Scenario({"tvoc": Steady(math.nan)})))
    assert answered(bus, request(1, 3, 6, 1)) == with_crc(bytes.fromhex("018304"))
    assert answered(bus, request(1, 3, 0, 2)) is not None


def test_power_off_is_silent_and_on_settles_again() -> None:
    slave = ModbusSlave("jxct_tvoc", steady(tvoc=600))
    bus = bus_of(slave)
    slave.power(False)
    assert answered(bus, request(1, 3, 6, 1), 60_000) is None
    slave.power(True)
    bus.next_action(70_000)
    assert answered(bus, request(1, 3, 6, 1), 70_100) is None  # boots
    for t_ms in (75_000, 85_000, 90_000):
        answered(bus, request(1, 3, 6, 1), t_ms)
    rising, settled, still = (values["tvoc"] for _, values in slave.shown)
    assert 190 <= rising <= 210
    assert settled == still == 600


def test_injected_exceptions_are_sent_and_counted() -> None:
    faults = Faults(5)
    slave = ModbusSlave("jxct_tvoc", steady(), faults=faults)
    bus = bus_of(slave)
    faults.on("exception", 0.5)
    replies = [answered(bus, request(1, 3, 6, 1), 60_000 + 1000 * at) for at in range(40)]
    failed = [reply for reply in replies if reply == with_crc(bytes.fromhex("018304"))]
    print(faults)  # noqa: T201 - pytest shows it when the test fails
    assert 0 < len(failed) == faults.injected["exception"] < 40
    assert len(slave.shown) == 40 - len(failed)


def test_stuck_repeats_the_last_reading() -> None:
    faults = Faults(5)
    slave = ModbusSlave("jxct_tvoc", Scenario({"tvoc": Rising()}), faults=faults)
    bus = bus_of(slave)
    faults.on("stuck", start_ms=65_000, end_ms=75_000)
    for t_ms in (60_000, 66_000, 70_000, 80_000):
        answered(bus, request(1, 3, 6, 1), t_ms)
    shown = [values["tvoc"] for _, values in slave.shown]
    assert shown == [60, 60, 60, 80]
    assert faults.injected["stuck"] == 2


class Rising:
    def at(self, t_ms: float) -> float:
        return t_ms // 1000


def test_every_model_reads_its_whole_map_alone_and_together() -> None:
    for name, model in MODELS.items():
        bus = bus_of(ModbusSlave(name, steady()))
        for reading in model.readings:
            assert answered(bus, request(1, reading.function, reading.register, 1)) is not None
        for setting in model.settings:
            reply = answered(bus, request(1, 3, setting.register, 1))
            assert reply == with_crc(struct.pack(">BBBH", 1, 3, 2, setting.initial))
