"""NextPM and Winsen drivers against bytes that nobody thought of."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contract.settings import with_defaults
from contract.site.shapes import channel_fault
from firmware.tests import test_nextpm, test_winsen
from firmware.tests.line import Line, run_until
from firmware.tests.virtual_parts import Scripted
from node.drivers import nextpm, winsen
from node.sampler import Sampler

WORD = st.integers(0, 65535)
NEXTPM = st.builds(test_nextpm.data, st.integers(0, 255), *(WORD for _ in range(6))) | st.builds(
    lambda kind, state: test_nextpm.with_check(bytes((0x81, kind, state))), st.sampled_from((0x15, 0x16)), st.integers(0, 255)
)
WINSEN = st.builds(test_winsen.answer, WORD, WORD)
SIZES = st.lists(st.integers(0, 40), max_size=10)
PAUSES = st.integers(0, 3000)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


@given(st.lists(NEXTPM, max_size=6), SIZES)
def test_nextpm_frames_arrive_whole_however_they_are_cut(frames: list[bytes], sizes: list[int]) -> None:
    assert test_nextpm.frames_of(cut(b"".join(frames), sizes)) == frames


@given(st.lists(WINSEN, max_size=6), SIZES)
def test_winsen_frames_arrive_whole_however_they_are_cut(frames: list[bytes], sizes: list[int]) -> None:
    assert test_winsen.frames_of(cut(b"".join(frames), sizes)) == frames


@given(st.binary(max_size=400), SIZES)
def test_how_any_bytes_are_cut_makes_no_difference_and_every_check_holds(data: bytes, sizes: list[int]) -> None:
    bytewise = [data[at : at + 1] for at in range(len(data))]
    found = test_nextpm.frames_of(cut(data, sizes))
    assert found == test_nextpm.frames_of(bytewise)
    assert all(sum(frame) % 256 == 0 for frame in found)
    found = test_winsen.frames_of(cut(data, sizes))
    assert found == test_winsen.frames_of(bytewise)
    assert all(sum(frame[1:]) % 256 == 0 for frame in found)


@given(NEXTPM, st.integers(0, 15), st.integers(1, 255))
def test_a_nextpm_frame_with_one_damaged_byte_is_never_read(frame: bytes, at: int, mask: int) -> None:
    damaged = bytearray(frame)
    damaged[at % len(frame)] ^= mask
    assert all(len(found) < len(frame) for found in test_nextpm.frames_of([bytes(damaged)]))


@given(WINSEN, st.integers(0, 8), st.integers(1, 255))
def test_a_winsen_frame_with_one_damaged_byte_is_never_read(frame: bytes, at: int, mask: int) -> None:
    damaged = bytearray(frame)
    damaged[at] ^= mask
    assert test_winsen.frames_of([bytes(damaged)]) == []


@given(
    st.lists(st.tuples(PAUSES, NEXTPM | WINSEN | st.binary(min_size=1, max_size=80)), max_size=20),
    st.sampled_from((("nextpm", nextpm), ("ze08_ch2o", winsen), ("ze40_tvoc", winsen))),
    st.integers(0, 200),
)
def test_whatever_a_part_says_rows_are_what_the_contract_allows(
    script: list[tuple[int, bytes]], of: tuple[str, Any], warm_up_s: int
) -> None:
    part, file = of
    timed = [(sum(pause for pause, _ in script[: i + 1]), data) for i, (_, data) in enumerate(script)]
    line = Line(Scripted(timed))
    [sensor] = with_defaults({"sensors": [{"slot": 0, "part": part, "port": 0, "warm_up_s": warm_up_s}]})["sensors"]
    sampler = Sampler(file.channels(0, part), line.uptime_ms)
    run_until(file.build(sensor, line, sampler, line.uptime_ms), line, 70000)
    assert all(channel_fault(row) is None for row in sampler.close())
