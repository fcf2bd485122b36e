"""Properties of sampling, judging and reporting, on series nobody would think of."""

from hypothesis import given
from hypothesis import strategies as st

from contract.quality import INCONSISTENT, OK, TWIN_DISAGREES, USABLE, VALUED
from contract.site.qualities import KEYS
from contract.site.shapes import channel_fault
from node.duty import SLEEP, WAKE, Duty
from node.reporting import Reporting
from node.sampler import Sampler

CHANNELS = [(slot, quantity) for slot in (0, 1) for quantity in (5, 6, 7, 8, 10, 12, 30, 40)]
SENSORS = st.fixed_dictionaries(
    {
        "poll_ms": st.integers(500, 60000),
        "stuck_s": st.integers(0, 100),
        "min_samples": st.integers(0, 20),
        "twin_slot": st.integers(-1, 15),
        "greatest_ugm3": st.integers(0, 10000),
        "saturates_ugm3": st.integers(0, 10000),
    }
)
# pause before it, channel, value, quality
READINGS = st.lists(
    st.tuples(
        st.integers(0, 200000),
        st.sampled_from(CHANNELS),
        st.one_of(st.integers(0, 3000), st.integers(-(2**31) + 1, 2**31 - 1)),
        st.one_of(st.just(OK), st.sampled_from(sorted(KEYS))),
    ),
    max_size=60,
)


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


@given(SENSORS, SENSORS, READINGS, st.sets(st.integers(0, 60)))
def test_every_row_is_one_that_the_contract_takes_and_no_reading_is_lost(
    one: dict[str, int], other: dict[str, int], readings: list[tuple[int, tuple[int, int], int, int]], closes: set[int]
) -> None:
    hand = Hand()
    sampler = Sampler(CHANNELS, hand, [{**one, "slot": 0}, {**other, "slot": 1}])
    valued = dict.fromkeys(CHANNELS, 0)
    counted = dict.fromkeys(CHANNELS, 0)
    usable = dict.fromkeys(CHANNELS, False)
    for turn, (pause, channel, value, quality) in enumerate([*readings, (1, CHANNELS[0], 0, OK)]):
        hand.now += pause
        sampler.add(*channel, value, quality)
        valued[channel] += quality in VALUED
        if turn in closes or turn == len(readings):
            rows = sampler.close()
            assert [(row[0], row[1]) for row in rows] == CHANNELS
            for row in rows:
                assert channel_fault(row) is None, row
                counted[row[0], row[1]] = row[3]
                usable[row[0], row[1]] = row[2] in (*USABLE, TWIN_DISAGREES)
                # Of a mixture only the usable ones are counted; of others all.
                assert row[3] <= valued[row[0], row[1]]
                assert (row[3] == 0) == (valued[row[0], row[1]] == 0)
                assert usable[row[0], row[1]] or row[3] == valued[row[0], row[1]]
            valued = dict.fromkeys(CHANNELS, 0)


@given(st.lists(st.tuples(st.integers(0, 100000), st.integers(0, 100000), st.integers(0, 100000), st.integers(0, 100000)), max_size=20))
def test_no_frame_of_contradicting_sizes_enters_a_mean(frames: list[tuple[int, int, int, int]]) -> None:
    hand = Hand()
    sampler = Sampler([(0, 9), (0, 10), (0, 11), (0, 12)], hand, [{"slot": 0, "min_samples": 1}])
    for frame in frames:
        hand.now += 1000
        for size in range(4):
            sampler.add(0, 9 + size, frame[size], OK)
    in_order = [frame for frame in frames if list(frame) == sorted(frame)]
    for size, row in enumerate(sampler.close()):
        if row[2] == OK:
            assert row[3] <= len(in_order) and {row[5], row[6]} <= {frame[size] for frame in in_order}
        elif frames and not in_order:
            assert row[2] == INCONSISTENT and row[3] == len(frames)


@given(st.integers(0, 1000), st.integers(0, 3000), st.integers(0, 500), st.lists(st.integers(0, 4000)))
def test_sleep_and_wake_take_turns_and_a_part_is_awake_in_every_window(
    on_ms: int, period_ms: int, warm_up_ms: int, pauses: list[int]
) -> None:
    duty = Duty(on_ms, period_ms, warm_up_ms, 0)
    now, before = 0, WAKE
    for pause in pauses:
        now += pause
        action = duty.next_action(now)
        if action is not None:
            assert {action, before} == {SLEEP, WAKE}
            before = action
        assert duty.asleep == (before == SLEEP)
        if duty.asleep:
            assert on_ms and now % period_ms >= on_ms + warm_up_ms


class Reports:
    """Both neighbours of Reporting: a row says nothing here, only when."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []
        self.events: list[dict[str, int]] = []

    def report(self, start: int, duration_ms: int, channels: list[list[int]]) -> None:
        self.spans.append((start, duration_ms))

    def event(self, key: str, particulars: dict[str, int], now: int) -> None:
        self.events.append(particulars)

    def close_period(self) -> list[list[int]]:
        return []

    def not_measured(self) -> list[list[int]]:
        return []


REQUESTS = st.tuples(st.just("faster"), st.integers(1000, 900000), st.integers(1000, 86400000))
CUTS = st.tuples(st.just("cut"), st.integers(1000, 900000), st.just(0))
CLOSES = st.tuples(st.just("close"), st.just(0), st.just(0))


@given(st.lists(st.tuples(st.integers(0, 100000), st.one_of(CLOSES, REQUESTS, CUTS)), max_size=30))
def test_every_moment_is_in_one_period_however_often_somebody_asks_for_faster_ones(
    turns: list[tuple[int, tuple[str, int, int]]],
) -> None:
    seen = Reports()
    reporting = Reporting(seen, seen, 10000, 0)
    now = 0
    for pause, (what, period_ms, duration_ms) in turns:
        now += pause
        if what == "faster":
            reporting.faster(1, period_ms, duration_ms, now)
        elif what == "cut":
            reporting.cut(period_ms, now)
        else:
            reporting.close(now)
        assert reporting.next_due() > now
    end = 0
    for start, duration in seen.spans:
        assert start == end and 0 < duration <= 900000
        end = start + duration
    assert end <= now
    started = [particulars for particulars in seen.events if particulars["duration_ms"]]
    assert len(started) == sum(what == "faster" for _, (what, _, _) in turns)
