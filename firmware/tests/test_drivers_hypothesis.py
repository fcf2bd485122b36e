"""Drivers against bytes and readings that nobody thought of."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from contract import quality as q
from contract.profiles import whole
from contract.quantities import in_range
from contract.shipped_profiles import PROFILES
from contract.site.shapes import channel_fault
from firmware.tests.line import Line, run_until
from firmware.tests.test_modbus_frames import outcome_of
from firmware.tests.test_plantower_frames import frames_of
from firmware.tests.test_sampler import Hand
from firmware.tests.virtual_parts import Scripted, plantower_frame, with_crc
from node.drivers import modbus_rtu, plantower
from node.drivers.modbus_frames import read_request
from node.drivers.plantower_models import columns
from node.sampler import Sampler

WORDS = st.lists(st.integers(0, 65535), min_size=12, max_size=12)
FRAMES = st.builds(plantower_frame, WORDS, st.integers(0, 255), st.integers(0, 255))
NOISE = st.binary(max_size=60)
SIZES = st.lists(st.integers(0, 40), max_size=10)
PAUSES = st.integers(0, 3000)
SPEECH = st.binary(min_size=1, max_size=80)

MD02, JXCT = whole(PROFILES["xy_md02"]), whole(PROFILES["jxct_tvoc"])


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


@given(st.lists(FRAMES, max_size=6), SIZES)
def test_frames_arrive_whole_however_they_are_cut(frames: list[bytes], sizes: list[int]) -> None:
    assert frames_of(cut(b"".join(frames), sizes)) == frames


@given(NOISE.filter(lambda noise: 0x42 not in noise), FRAMES, SIZES)
def test_noise_without_a_start_byte_costs_no_frame(noise: bytes, frame: bytes, sizes: list[int]) -> None:
    assert frames_of(cut(noise + frame + noise + frame, sizes)) == [frame, frame]


@given(st.binary(max_size=400), SIZES)
def test_how_any_bytes_are_cut_makes_no_difference(data: bytes, sizes: list[int]) -> None:
    found = frames_of(cut(data, sizes))
    assert found == frames_of([data[at : at + 1] for at in range(len(data))])
    assert all(sum(frame[:-2]) == frame[-2] << 8 | frame[-1] for frame in found)


@given(FRAMES, st.integers(0, 31), st.integers(1, 255))
def test_a_frame_with_one_damaged_byte_is_never_read(first: bytes, at: int, mask: int) -> None:
    damaged = bytearray(first)
    damaged[at] ^= mask
    assert frames_of([bytes(damaged)]) == []


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=80) | FRAMES), max_size=20),
    st.sampled_from(("active", "passive")),
)
def test_whatever_a_pms5003_says_rows_are_what_the_contract_allows(script: list[tuple[int, bytes]], mode: str) -> None:
    at = 0
    timed = []
    for pause, data in script:
        at += pause
        timed.append((at, data))
    line = Line(Scripted(timed))
    sampler = Sampler(plantower.channels(0, "pms5003"), line.uptime_ms)
    sensor = {"slot": 0, "part": "pms5003", "mode": mode, "poll_ms": 2000}
    run_until(plantower.build(sensor, line, sampler, line.uptime_ms), line, at + 8000)
    rows = sampler.close()
    assert len(rows) == 12
    assert all(channel_fault(row) is None for row in rows)


@given(
    st.integers(1, 247),
    st.sampled_from((3, 4)),
    st.lists(st.integers(0, 65535), min_size=1, max_size=20),
    NOISE,
    SIZES,
)
def test_a_reply_is_found_behind_noise(address: int, function: int, registers: list[int], noise: bytes, sizes: list[int]) -> None:
    values = b"".join(register.to_bytes(2, "big") for register in registers)
    reply = with_crc(bytes((address, function, len(values))) + values)
    request = read_request(address, function, 0, len(registers))
    assert outcome_of(request, cut(noise + reply, sizes)) == ("reply", values)


@given(st.binary(max_size=300), SIZES)
def test_what_no_crc_covers_is_never_an_answer(data: bytes, sizes: list[int]) -> None:
    request = read_request(1, 3, 6, 1)
    answers = [at for at in range(len(data)) if data[at : at + 3] == b"\x01\x03\x02" and with_crc(data[at : at + 5]) == data[at : at + 7]]
    exceptions = [at for at in range(len(data)) if data[at : at + 2] == b"\x01\x83" and with_crc(data[at : at + 3]) == data[at : at + 5]]
    found, _ = outcome_of(request, cut(data, sizes))
    assert (found in ("reply", "exception")) == bool(answers or exceptions)


@given(st.lists(st.tuples(PAUSES, SPEECH), max_size=12))
def test_whatever_a_modbus_line_says_rows_are_what_the_contract_allows(script: list[tuple[int, bytes]]) -> None:
    line = Line(Scripted([(sum(pause for pause, _ in script[: i + 1]), data) for i, (_, data) in enumerate(script)]))
    sampler = Sampler(modbus_rtu.channels(0, MD02) + modbus_rtu.channels(1, JXCT), line.uptime_ms)
    bus = modbus_rtu.ModbusBus(line, [(0, 1, "xy_md02", 1000, MD02), (1, 2, "jxct_tvoc", 500, JXCT)], sampler, line.uptime_ms)
    run_until(bus, line, 10000)
    rows = sampler.close()
    assert all(channel_fault(row) is None for row in rows)
    assert all(row[2] in (q.NO_REPLY, q.REJECTED, q.QUARANTINED) for row in rows)


READINGS = st.lists(st.tuples(st.integers(0, 70000), st.integers(-6000, 10**6), st.sampled_from(q.VALUED)), min_size=1, max_size=60)


@given(READINGS)
def test_rows_are_what_the_contract_allows_whatever_is_read(readings: list[tuple[int, int, int]]) -> None:
    hand = Hand()
    sampler = Sampler([(0, 6)], hand)
    for pause, value, quality in readings:
        hand.now += pause
        sampler.add(0, 6, value, quality)
    [row] = sampler.close()
    assert channel_fault(row) is None
    usable = [value for _, value, quality in readings if quality in q.USABLE]
    counted = usable or [value for _, value, _ in readings]
    assert row[3:4] + row[5:] == [len(counted), min(counted), max(counted)]


@given(st.lists(st.tuples(st.integers(100, 2400), st.integers(-6000, 10**6)), min_size=1, max_size=60))
def test_the_mean_is_that_of_the_held_values_within_a_tenth_a_reading(readings: list[tuple[int, int]]) -> None:
    hand = Hand()
    sampler = Sampler([(0, 6)], hand)
    exact = Fraction(0)
    for index, (pause, value) in enumerate(readings):
        hand.now += pause
        exact += value * (pause if index else 2500)  # before the first reading: the longest hold
        sampler.add(0, 6, value, q.OK)
    total = sum(pause for pause, _ in readings[1:]) + 2500
    values = [value for _, value in readings]
    tolerance = Fraction(100 * len(values) * (max(values) - min(values)), total) + 1
    assert abs(sampler.close()[0][4] - exact / total) <= tolerance


def test_every_wire_value_of_a_full_word_is_within_what_the_wire_accepts() -> None:
    for _, quantity, step, greatest, _ in columns("pms5003"):
        assert in_range(quantity, greatest * step)
