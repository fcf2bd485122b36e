"""Each fault does what its name says, in its window, as often as it counts."""

import pytest

from hil_tests.sensors.faults import KINDS, MAX_FOREIGN_BYTES, SPLIT_GAP_MS, Faults
from hil_tests.sensors.line import LIMIT_PIECES, Line, Pipe

CHUNK = bytes(range(1, 33))
SEED = 20140101


def damaged(faults: Faults, chunks: int = 200, pause_ms: int = 1000) -> list[list[tuple[float, bytes]]]:
    """What became of each of many equal chunks. The seed is shown when the test fails."""
    pieces = [faults.damage(CHUNK, at * pause_ms) for at in range(chunks)]
    print(faults)  # noqa: T201 - pytest shows it when the test fails
    return pieces


def joined(pieces: list[tuple[float, bytes]]) -> bytes:
    return b"".join(data for _, data in pieces)


def with_fault(kind: str, level: float) -> Faults:
    faults = Faults(SEED)
    faults.on(kind, level)
    return faults


def test_nothing_is_wrong_until_it_is_switched_on() -> None:
    faults = Faults(SEED)
    assert damaged(faults) == [[(1000 * at, CHUNK)] for at in range(200)]
    assert not any(faults.injected.values())


def test_garble_changes_as_many_bytes_as_it_counts() -> None:
    faults = with_fault("garble", 0.01)
    results = [joined(pieces) for pieces in damaged(faults)]
    changed = sum(a != b for data in results for a, b in zip(data, CHUNK))
    assert all(len(data) == len(CHUNK) for data in results)
    assert changed == faults.injected["garble"]
    assert 30 <= changed <= 100  # 1 % of 6400


def test_drop_loses_as_many_bytes_as_it_counts() -> None:
    faults = with_fault("drop", 0.01)
    results = [joined(pieces) for pieces in damaged(faults)]
    lost = sum(len(CHUNK) - len(data) for data in results)
    assert lost == faults.injected["drop"]
    assert 30 <= lost <= 100
    assert all(set(data) <= set(CHUNK) and list(data) == sorted(data) for data in results)


def test_drop_of_everything_leaves_no_empty_piece() -> None:
    assert damaged(with_fault("drop", 1), chunks=3) == [[], [], []]


def test_wrong_crc_changes_the_last_byte_only() -> None:
    faults = with_fault("wrong_crc", 0.3)
    results = [joined(pieces) for pieces in damaged(faults)]
    wrong = [data for data in results if data != CHUNK]
    assert 0 < len(wrong) == faults.injected["wrong_crc"] < 200
    assert all(data[:-1] == CHUNK[:-1] for data in wrong)


def test_duplicate_sends_the_chunk_twice() -> None:
    faults = with_fault("duplicate", 0.3)
    results = [joined(pieces) for pieces in damaged(faults)]
    assert 0 < results.count(CHUNK + CHUNK) == faults.injected["duplicate"] < 200
    assert results.count(CHUNK) + results.count(CHUNK + CHUNK) == 200


def test_foreign_bytes_come_before_the_chunk() -> None:
    faults = with_fault("foreign", 0.3)
    results = [joined(pieces) for pieces in damaged(faults)]
    foreign = [data for data in results if data != CHUNK]
    assert 0 < len(foreign) == faults.injected["foreign"] < 200
    assert all(data.endswith(CHUNK) and 1 <= len(data) - len(CHUNK) <= MAX_FOREIGN_BYTES for data in foreign)


def test_silence_swallows_the_chunk() -> None:
    faults = with_fault("silence", 0.3)
    results = damaged(faults)
    assert 0 < results.count([]) == faults.injected["silence"] < 200


def test_split_cuts_in_two_with_a_pause_between() -> None:
    faults = with_fault("split", 0.3)
    results = damaged(faults)
    cut = [pieces for pieces in results if len(pieces) == 2]
    assert 0 < len(cut) == faults.injected["split"] < 200
    assert all(joined(pieces) == CHUNK for pieces in results)
    assert all(data for pieces in cut for _, data in pieces)
    assert all(SPLIT_GAP_MS[0] <= pieces[1][0] - pieces[0][0] <= SPLIT_GAP_MS[1] for pieces in cut)


def test_delay_holds_back_and_keeps_the_order() -> None:
    faults = with_fault("delay", 700)
    results = damaged(faults, pause_ms=100)
    leaves = [pieces[0][0] for pieces in results]
    assert leaves == sorted(leaves)
    assert all(0 <= t - 100 * at <= 700 for at, t in enumerate(leaves))
    assert max(t - 100 * at for at, t in enumerate(leaves)) > 300
    assert faults.injected["delay"] == 200


def test_the_same_seed_does_the_same_damage_and_another_does_other() -> None:
    def noisy(seed: int) -> list[list[tuple[float, bytes]]]:
        faults = Faults(seed)
        for kind, level in (("garble", 0.02), ("drop", 0.02), ("split", 0.2), ("delay", 50), ("foreign", 0.2)):
            faults.on(kind, level)
        return damaged(faults)

    assert noisy(3) == noisy(3)
    assert noisy(3) != noisy(4)


def test_one_kind_does_not_change_what_another_does() -> None:
    alone, together = with_fault("garble", 0.05), with_fault("garble", 0.05)
    together.on("split", 0.5)
    assert [joined(pieces) for pieces in damaged(alone)] == [joined(pieces) for pieces in damaged(together)]


def test_two_kinds_do_not_strike_together() -> None:
    faults = Faults(SEED)
    for kind in ("garble", "drop"):
        faults.on(kind, 0.5)
    struck = [[faults.strikes(kind, 0) for _ in range(200)] for kind in ("garble", "drop")]
    assert 60 < sum(a == b for a, b in zip(*struck)) < 140


def test_windows_open_and_close_by_time() -> None:
    faults = Faults(SEED)
    faults.on("silence", start_ms=10_000, end_ms=20_000)
    faults.on("silence", start_ms=40_000, end_ms=50_000)
    swallowed = [at for at, pieces in enumerate(damaged(faults, chunks=60)) if not pieces]
    assert swallowed == [*range(10, 20), *range(40, 50)]
    assert faults.injected["silence"] == 20


def test_a_later_window_counts_where_two_overlap() -> None:
    faults = Faults(SEED)
    faults.on("garble", 0.5)
    faults.on("garble", 0.01, start_ms=100, end_ms=200)
    assert [faults.level("garble", t) for t in (99, 100, 199, 200)] == [0.5, 0.01, 0.01, 0.5]


def test_off_ends_one_kind_or_all_and_keeps_the_counters() -> None:
    faults = with_fault("silence", 1)
    faults.on("garble", 1)
    damaged(faults, chunks=5)
    faults.off("silence")
    assert joined(faults.damage(CHUNK, 0)) != CHUNK
    faults.off()
    assert faults.damage(CHUNK, 0) == [(0, CHUNK)]
    assert faults.injected["silence"] == 5


@pytest.mark.parametrize(("kind", "level"), [("garble", 0), ("garble", 1.1), ("split", -1), ("delay", 0), ("stuck", 2)])
def test_a_level_that_means_nothing_is_refused_with_what_is_allowed(kind: str, level: float) -> None:
    with pytest.raises(ValueError, match=f"^{kind} .*above 0"):
        Faults(SEED).on(kind, level)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        Faults(SEED).on("gremlins")
    with pytest.raises(KeyError):
        Faults(SEED).off("gremlins")


def test_the_text_names_the_seed_and_what_was_done() -> None:
    faults = with_fault("silence", 1)
    faults.damage(CHUNK, 0)
    assert str(faults) == f"faults of seed {SEED}: silence 1"
    assert set(faults.injected) == set(KINDS)


def test_a_pipe_gives_pieces_when_due_and_loses_beyond_its_limit() -> None:
    faults = with_fault("delay", 1000)
    pipe = Pipe(faults)
    for _ in range(LIMIT_PIECES + 5):
        pipe.put(b"x", 0)
    assert pipe.lost_pieces == 5
    due = pipe.next_due()
    assert due is not None
    assert pipe.take(int(due) - 1) is None
    assert pipe.take(int(due) + 1) == b"x"


class Echo:
    """A device that answers with what it heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def handle(self, data: bytes, now_ms: int) -> None:
        self.heard.append(data)

    def next_action(self, now_ms: int) -> bytes | None:
        return self.heard.pop(0) if self.heard else None

    def next_due(self) -> float | None:
        return 0 if self.heard else None

    def power(self, on: bool) -> None:
        self.heard.clear()


def test_the_two_directions_of_a_line_are_damaged_apart() -> None:
    to_board, from_board = with_fault("duplicate", 1), with_fault("wrong_crc", 1)
    line = Line(Echo(), to_board, from_board)
    line.handle(b"ab", 0)
    reply = line.next_action(0)
    assert reply is not None
    assert len(reply) == 4
    assert reply[:1] == b"a"
    assert reply[1:2] != b"b"
    assert (to_board.injected["duplicate"], from_board.injected["wrong_crc"]) == (1, 1)
