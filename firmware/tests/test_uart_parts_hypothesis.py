"""The SDS011, the HPMA115 and every model of the Plantower family against bytes that nobody thought of."""

from hypothesis import given
from hypothesis import strategies as st

from contract import quality as q
from contract.site.shapes import channel_fault
from firmware.tests.test_plantower_models import FRAMES
from firmware.tests.test_uart_frames import PARTS, frames_of
from firmware.tests.uart_bench import Bench, frame_of
from firmware.tests.virtual_parts import Scripted
from firmware.tests.virtual_uart_parts import Hpma115, Sds011
from node.drivers.plantower_models import model
from node.drivers.plantower_sender import OURS, sender

SIZES = st.lists(st.integers(0, 40), max_size=10)
PARSERS = st.sampled_from([new for _, new, _ in PARTS])
WORD = st.integers(0, 65535)
SDS = Sds011()
SDS_FRAMES = st.builds(lambda kind, body: SDS._said(kind, body), st.sampled_from((0xC0, 0xC5, 0xCF)), st.binary(min_size=4, max_size=4))
AUTO_FRAMES = st.builds(frame_of, st.lists(WORD, min_size=13, max_size=13))
SPOKEN = (
    SDS_FRAMES | AUTO_FRAMES | st.sampled_from([*FRAMES.values(), Hpma115()._reply(), Hpma115(True)._reply(), b"\xa5\xa5", b"\x96\x96"])
)
PLANTOWER = tuple(FRAMES)
NAMES = (*PLANTOWER, "sds011", "hpma115s0", "hpma115c0")


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


@given(st.lists(SDS_FRAMES, max_size=6), SIZES)
def test_frames_of_a_sds011_arrive_whole_however_they_are_cut(frames: list[bytes], sizes: list[int]) -> None:
    assert frames_of(cut(b"".join(frames), sizes), PARTS[0][1]()) == frames


@given(st.lists(AUTO_FRAMES, max_size=6), SIZES)
def test_frames_of_a_hpma115_arrive_whole_however_they_are_cut(frames: list[bytes], sizes: list[int]) -> None:
    assert frames_of(cut(b"".join(frames), sizes), PARTS[1][1]()) == frames


@given(PARSERS, st.binary(max_size=200), st.lists(SPOKEN, max_size=4), SIZES)
def test_how_any_bytes_are_cut_makes_no_difference(new, noise: bytes, frames: list[bytes], sizes: list[int]) -> None:  # type: ignore[no-untyped-def]
    data = noise + b"".join(frames)
    assert frames_of(cut(data, sizes), new()) == frames_of([data[at : at + 1] for at in range(len(data))], new())


@given(
    st.sampled_from(NAMES),
    st.sampled_from(("active", "passive")),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=60) | SPOKEN), max_size=15),
)
def test_whatever_a_part_says_rows_are_what_the_contract_allows(name: str, mode: str, script: list[tuple[int, bytes]]) -> None:
    timed = [(sum(pause for pause, _ in script[: i + 1]), data) for i, (_, data) in enumerate(script)]
    bench = Bench(Scripted(timed), name, mode=mode)
    bench.until((timed[-1][0] if timed else 0) + 8000)
    rows = bench.sampler.close()
    assert len(rows) == len(bench.driver.channels)
    assert all(channel_fault(row) is None for row in rows)


@given(st.sampled_from(PLANTOWER), st.lists(AUTO_FRAMES, min_size=1, max_size=8))
def test_a_frame_that_is_not_of_the_model_is_never_a_number_defect_6(name: str, frames: list[bytes]) -> None:
    row = model(name)
    foreign = [frame for frame in frames if row[0] != 28 or sender(frame, row) != OURS]
    if not foreign:
        return
    script = [(1000 * i, data) for i, data in enumerate([b"", Hpma115().streamed(), *foreign]) if data]
    bench = Bench(Scripted(script), name).until(1000 * len(script) + 6000)
    assert {(row[2], row[3]) for row in bench.sampler.close()} <= {(q.REJECTED, 0), (q.NO_REPLY, 0)}
