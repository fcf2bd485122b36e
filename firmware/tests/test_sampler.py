# Readings to rows: time-weighted means in integers, and a reason wherever there is no value.

from contract import quality as q
from contract.site import qualities
from contract.site.shapes import channel_fault
from node.sampler import RANK, Sampler


class Hand:
    # A clock moved by hand.
    def __init__(self, now: int = 0):
        self.now = now

    def __call__(self) -> int:
        return self.now


def fed(readings: list, start_ms: int = 0) -> list:
    """The row of one channel after [(ms since the reading before, value, quality), ...]."""
    hand = Hand(start_ms)
    sampler = Sampler([(2, 6)], hand)
    for pause_ms, value, quality in readings:
        hand.now += pause_ms
        sampler.add(2, 6, value, quality)
    [row] = sampler.close()
    assert channel_fault(row) is None
    return row


def test_the_mean_of_a_constant_is_that_constant_at_any_pace() -> None:
    for value in (0, 1, -1, -1010, 99999, 655350):
        for paces in ((1000,), (2300, 200, 210, 800), (1, 37, 99, 101, 2499, 2500, 60000)):
            readings = [(paces[i % len(paces)], value, q.OK) for i in range(50)]
            assert fed(readings) == [2, 6, q.OK, 50, value, value, value]


def test_a_puff_that_is_told_more_often_does_not_weigh_more() -> None:
    # 9.2 s at 10, told every 2.3 s; then 2 s at 100, told every 200 ms: by count the mean would be 74.
    readings = [(2300, 10, q.OK)] * 5 + [(200, 100, q.OK)] * 10
    assert fed(readings)[4] == (10 * (25 + 4 * 23) + 100 * 20 + 68) // 137 == 23


def test_polls_further_apart_than_any_stream_weigh_the_same() -> None:
    assert fed([(2500, 0, q.OK), (30000, 10, q.OK), (3000, 20, q.OK)])[4] == 10


def test_fractions_of_a_tenth_are_not_lost_from_reading_to_reading() -> None:
    # 250 ms each: 2 and 3 tenths in turn, half of the time for either value; the first weighs 25.
    readings = [(0, 0, q.OK)] + [(250, 0, q.OK)] * 40 + [(250, 1000, q.OK)] * 40
    assert fed(readings)[4] == (1000 * 100 * 2 + 225) // (225 * 2)


def test_a_reading_a_millisecond_after_another_still_counts() -> None:
    assert fed([(0, 10, q.OK), (1, 10, q.OK)])[3] == 2


def test_halves_are_rounded_up_also_below_zero() -> None:
    for values, mean in (((1, 2), 2), ((-1, -2), -1), ((0, 1), 1), ((0, -1), 0), ((3, 3), 3)):
        assert fed([(5000, value, q.OK) for value in values])[4] == mean, values


def test_minimum_and_maximum_are_of_readings() -> None:
    assert fed([(1000, value, q.OK) for value in (5, -7, 30)])[5:] == [-7, 30]


def test_a_bad_reading_never_enters_the_mean_of_good_ones() -> None:
    for bad in q.VALUED:
        if bad not in q.USABLE:
            assert fed([(1000, 10, q.OK), (1000, 99999, bad), (1000, 10, q.OK)]) == [2, 6, q.OK, 2, 10, 10, 10], bad


def test_bad_readings_alone_keep_their_values_and_name_the_worst_quality() -> None:
    assert fed([(3000, 10, q.WARMING_UP), (3000, 30, q.SENSOR_ERROR), (3000, 20, q.WARMING_UP)]) == [2, 6, q.SENSOR_ERROR, 3, 20, 10, 30]


def test_a_quality_without_a_value_never_brings_one() -> None:
    for code in qualities.KEYS:
        if code not in q.VALUED:
            assert fed([(1000, 12345, code)]) == [2, 6, code, 0]


def test_few_samples_is_usable_and_is_told() -> None:
    assert fed([(1000, 10, q.OK), (1000, 10, q.FEW_SAMPLES)]) == [2, 6, q.FEW_SAMPLES, 2, 10, 10, 10]


def test_a_miss_concerns_every_channel_of_its_slot_and_no_other() -> None:
    sampler = Sampler([(0, 5), (1, 30), (0, 6)], Hand())
    sampler.miss(0, q.NO_REPLY)
    assert sampler.close() == [[0, 5, q.NO_REPLY, 0], [1, 30, q.NOT_MEASURED, 0], [0, 6, q.NO_REPLY, 0]]


def test_the_reason_of_a_period_is_not_the_one_of_an_earlier_period() -> None:
    sampler = Sampler([(0, 6)], Hand())
    for missed, expected in ((q.REJECTED, q.REJECTED), (q.ASLEEP, q.ASLEEP), (None, q.NOT_MEASURED), (q.NO_REPLY, q.NO_REPLY)):
        if missed is not None:
            sampler.miss(0, missed)
        assert sampler.close() == [[0, 6, expected, 0]]


def test_a_miss_beside_a_reading_does_not_spoil_it() -> None:
    sampler = Sampler([(0, 5)], Hand())
    sampler.miss(0, q.REJECTED)
    sampler.add(0, 5, 100, q.OK)
    assert sampler.close() == [[0, 5, q.OK, 1, 100, 100, 100]]


def test_of_several_reasons_the_worst_is_told() -> None:
    for first in RANK:
        for second in RANK:
            if first not in q.VALUED and second not in q.VALUED:
                sampler = Sampler([(0, 5)], Hand())
                sampler.miss(0, first)
                sampler.miss(0, second)
                assert sampler.close()[0][2] == max(first, second, q.NOT_MEASURED, key=RANK.index)


def test_every_quality_of_the_contract_has_a_rank() -> None:
    assert sorted(RANK) == sorted(qualities.KEYS)


def test_a_period_begins_empty() -> None:
    hand = Hand()
    sampler = Sampler([(0, 5)], hand)
    sampler.add(0, 5, 100, q.OK)
    sampler.close()
    assert sampler.close() == [[0, 5, q.NOT_MEASURED, 0]]
    hand.now += 1000
    sampler.add(0, 5, 7, q.OK)
    assert sampler.close() == [[0, 5, q.OK, 1, 7, 7, 7]]


def test_rows_keep_the_order_of_the_channels() -> None:
    channels = [(3, 30), (0, 41), (0, 40), (15, 1)]
    assert [(row[0], row[1]) for row in Sampler(channels, Hand()).close()] == channels


def test_uptimes_beyond_every_wrap_of_ticks_are_numbers_like_others() -> None:
    readings = [(1000, 10, q.OK), (2000, 40, q.OK), (500, 30, q.OK)]
    for start in ((1 << 30) - 1500, (1 << 32) - 1500, 1 << 40):
        assert fed(readings, start) == fed(readings)


def test_an_unknown_channel_is_a_mistake_of_ours_and_is_not_hidden() -> None:
    try:
        Sampler([(0, 5)], Hand()).add(1, 5, 0, q.OK)
    except KeyError:
        return
    raise AssertionError("accepted")
