# Series of readings and the rows that they make. PM2.5 (quantity 6, 10, hundredths of ug/m3) unless a test says otherwise.

from contract import quality as q
from contract import quantities
from contract.site.shapes import channel_fault
from node import qa, twins
from node.sampler import Sampler

SENSOR = {"slot": 0, "poll_ms": 1000, "min_samples": 1}


class Hand:
    # A clock moved by hand.
    def __init__(self):
        self.now = 0

    def __call__(self) -> int:
        return self.now


def row_of(values: list, quantity: int = 6, pause_ms: int = 1000, **settings: int) -> list:
    hand = Hand()
    sensor = dict(SENSOR)
    sensor.update(settings)
    sampler = Sampler([(0, quantity)], hand, [sensor])
    for value in values:
        hand.now += pause_ms
        sampler.add(0, quantity, value, q.OK)
    [row] = sampler.close()
    assert channel_fault(row) is None, row
    return row


def judged(values: list, quantity: int = 6, pause_ms: int = 1000, **settings: int) -> list:
    """The quality of each reading of a series."""
    sensor = dict(SENSOR)
    sensor.update(settings)
    channel = qa.ChannelQa(quantity, quantities.ranges([quantity])[quantity], qa.SlotQa(sensor))
    return [channel.judge(value, q.OK, 5000 + i * pause_ms) for i, value in enumerate(values)]


def test_out_of_the_range_of_the_quantity_keeps_its_number():
    assert row_of([-1]) == [0, 6, q.OUT_OF_RANGE, 1, -1, -1, -1]
    assert row_of([1000001])[2:5] == [q.OUT_OF_RANGE, 1, 1000001]
    assert row_of([0])[2] == row_of([1000000])[2] == q.OK
    assert row_of([-6001], 40)[2] == q.OUT_OF_RANGE and row_of([-6000], 40)[2] == q.OK


def test_the_range_of_a_sensor_is_narrower_by_a_setting():
    assert row_of([50001], greatest_ugm3=500)[2] == q.OUT_OF_RANGE
    assert row_of([50000], greatest_ugm3=500)[2] == q.OK
    assert row_of([50001], 30, greatest_ugm3=5)[2] == q.OK  # of particles only


def test_the_end_of_range_of_a_part_is_saturation():
    assert row_of([99990], saturates_ugm3=999)[2:5] == [q.SATURATED, 1, 99990]
    assert row_of([99899], saturates_ugm3=999)[2] == q.OK


def test_a_spike_of_one_reading_is_doubted_and_leaves_the_mean_alone():
    assert judged([1000, 1100, 60000, 1100, 1000]) == [q.OK, q.OK, q.STEP, q.OK, q.OK]
    assert row_of([1000, 60000, 1000]) == [0, 6, q.OK, 2, 1000, 1000, 1000]


def test_an_episode_is_confirmed_by_its_second_reading():
    assert judged([1000, 60000, 62000, 61000, 900, 950]) == [q.OK, q.STEP, q.OK, q.OK, q.STEP, q.OK]


def test_two_spikes_that_disagree_confirm_nothing():
    assert judged([1000, 60000, 900000, 1000]) == [q.OK, q.STEP, q.STEP, q.OK]


def test_a_step_must_exceed_the_absolute_and_the_relative_limit():
    assert judged([1000, 10900]) == [q.OK, q.OK]  # tenfold, by 99 ug/m3
    assert judged([100000, 140000]) == [q.OK, q.OK]  # by 400 ug/m3, 29 % of the greater
    assert judged([1000, 12000]) == [q.OK, q.STEP]


def test_after_a_sleep_the_air_may_be_another():
    assert judged([1000, 60000], pause_ms=150000) == [q.OK, q.OK]
    assert judged([1000, 60000], pause_ms=60000) == [q.OK, q.STEP]


def test_a_step_that_a_driver_doubted_is_confirmed_by_the_next_reading():
    channel = qa.ChannelQa(6, quantities.ranges([6])[6], qa.SlotQa(SENSOR))
    assert channel.judge(1000, q.OK, 1000) == q.OK
    assert channel.judge(60000, q.STEP, 2000) == q.STEP
    assert channel.judge(60000, q.OK, 3000) == q.OK


def test_what_a_part_says_of_its_reading_stands():
    channel = qa.ChannelQa(6, quantities.ranges([6])[6], qa.SlotQa(SENSOR))
    for code in q.VALUED:
        if code != q.OK:
            assert channel.judge(-5, code, 1000) == code


def test_an_unchanged_reading_is_stuck_after_its_time_and_lives_on_when_it_changes():
    found = judged([700] * 62 + [800], stuck_s=60)
    assert found == [q.OK] * 60 + [q.STUCK] * 2 + [q.OK]
    assert judged([700] * 5000) == [q.OK] * 5000  # not judged without the setting


def test_zero_in_clean_air_is_never_stuck():
    assert judged([0] * 500, stuck_s=60) == [q.OK] * 500


def test_a_steady_channel_beside_a_living_one_is_not_stuck():
    slot = qa.SlotQa({"slot": 0, "stuck_s": 60})
    steady, living = qa.ChannelQa(5, quantities.ranges([5])[5], slot), qa.ChannelQa(6, quantities.ranges([6])[6], slot)
    for second in range(500):
        assert living.judge(700 + second % 2, q.OK, second * 1000) == q.OK
        assert steady.judge(100, q.OK, second * 1000) == q.OK


def test_what_changes_slowly_is_given_more_time():
    assert judged([2150] * 1440, 40, stuck_s=60) == [q.OK] * 1440
    assert judged([2150] * 1441, 40, stuck_s=60)[-1] == q.STUCK


def test_a_sleep_is_no_standstill():
    assert judged([700] * 50, pause_ms=150000, stuck_s=60) == [q.OK] * 50


def frame_rows(channels: list, frame: list, codes: "list | None" = None) -> list:
    sampler = Sampler([(0, quantity) for quantity in channels], Hand(), [SENSOR])
    for i, quantity in enumerate(channels):
        sampler.add(0, quantity, frame[i], codes[i] if codes else q.OK)
    return [row[2:5] for row in sampler.close()]


def test_sizes_out_of_order_are_all_inconsistent_and_keep_their_numbers():
    for first in (1, 5, 9):
        channels = [first, first + 1, first + 2, first + 3]
        assert [row[0] for row in frame_rows(channels, [1, 2, 2, 3])] == [q.OK] * 4
        for frame in ([2, 1, 3, 4], [1, 3, 2, 4], [1, 2, 4, 3], [4, 3, 2, 1]):
            assert frame_rows(channels, frame) == [[q.INCONSISTENT, 1, value] for value in frame]


def test_sizes_are_compared_over_those_that_a_part_has_not():
    assert [row[0] for row in frame_rows([10, 12], [2, 1])] == [q.INCONSISTENT] * 2
    assert [row[0] for row in frame_rows([10, 12], [1, 1])] == [q.OK] * 2


def test_columns_of_other_kinds_and_other_quantities_are_not_compared():
    assert [row[0] for row in frame_rows([2, 5, 9, 30], [1000, 900, 1000, 1])] == [q.OK] * 4


def test_a_size_that_may_not_be_used_contradicts_no_other():
    assert [row[0] for row in frame_rows([5, 6], [90, 10], [q.WARMING_UP, q.OK])] == [q.WARMING_UP, q.OK]


def test_every_reading_of_a_size_counts_in_the_period_in_which_it_came():
    hand = Hand()
    sampler = Sampler([(0, 5), (0, 6)], hand, [SENSOR])
    for turn in range(10):
        hand.now += 1000
        sampler.add(0, 5, 100, q.OK)
        sampler.add(0, 6, 200, q.OK)
        if turn in (3, 9):
            n = 4 if turn == 3 else 6
            assert sampler.close() == [[0, 5, q.OK, n, 100, 100, 100], [0, 6, q.OK, n, 200, 200, 200]]


def test_sizes_of_two_moments_are_not_compared():
    hand = Hand()
    sampler = Sampler([(0, 5), (0, 6)], hand, [SENSOR])
    sampler.add(0, 5, 900, q.OK)
    hand.now += 1000
    sampler.add(0, 6, 200, q.OK)
    assert [row[2] for row in sampler.close()] == [q.OK, q.OK]


def few(readings: int, period_ms: int, **settings: int) -> int:
    hand = Hand()
    sensor = {"slot": 0}
    sensor.update(settings)
    sampler = Sampler([(0, 6)], hand, [sensor])
    for _ in range(readings):
        sampler.add(0, 6, 10, q.OK)
        hand.now += 1000
    hand.now = period_ms
    return sampler.close()[0][2]


def test_fewer_than_half_of_the_readings_that_the_pace_promises_are_few():
    assert few(1, 10000) == q.FEW_SAMPLES and few(2, 10000) == q.OK
    assert few(7, 60000, poll_ms=4000) == q.FEW_SAMPLES and few(8, 60000, poll_ms=4000) == q.OK


def test_one_reading_is_enough_for_a_second():
    assert few(1, 1000) == few(1, 2300) == q.OK
    assert few(0, 1000) == q.NOT_MEASURED


def test_the_least_number_of_readings_can_be_set():
    assert few(9, 10000, min_samples=10) == q.FEW_SAMPLES and few(10, 10000, min_samples=10) == q.OK
    assert few(1, 900000, min_samples=1) == q.OK


def twin_rows(one: int, other: int, quantity: int = 6) -> list:
    sampler = Sampler([(0, quantity), (1, quantity)], Hand(), [dict(SENSOR, twin_slot=1), dict(SENSOR, slot=1)])
    sampler.add(0, quantity, one, q.OK)
    sampler.add(1, quantity, other, q.OK)
    return sampler.close()


def test_twins_disagree_beyond_both_limits_and_both_keep_their_numbers():
    assert [row[2:5] for row in twin_rows(1000, 3000)] == [[q.TWIN_DISAGREES, 1, 1000], [q.TWIN_DISAGREES, 1, 3000]]
    assert [row[2] for row in twin_rows(100, 500)] == [q.OK, q.OK]  # 133 %, by 4 ug/m3
    assert [row[2] for row in twin_rows(10000, 15000)] == [q.OK, q.OK]  # by 50 ug/m3, 40 %


def test_a_twin_that_is_not_there_or_says_nothing_disagrees_with_nobody():
    assert twins.pairs([{"slot": 0, "twin_slot": 3}, {"slot": 1, "twin_slot": 1}]) == []
    assert twins.pairs([{"slot": 0, "twin_slot": 1}, {"slot": 1, "twin_slot": 0}]) == [(0, 1)]
    rows = [[0, 6, q.OK, 1, 9000, 9000, 9000], [1, 6, q.NO_REPLY, 0]]
    twins.judge(rows, [(0, 1)])
    assert rows == [[0, 6, q.OK, 1, 9000, 9000, 9000], [1, 6, q.NO_REPLY, 0]]


def test_sums_are_right_over_a_second_and_over_a_quarter_of_an_hour():
    for period_ms in (1000, 900000):
        hand = Hand()
        sampler = Sampler([(0, 6), (0, 26)], hand, [SENSOR])
        for _ in range(period_ms // 200):
            hand.now += 200
            sampler.add(0, 6, 1000000, q.OK)
            sampler.add(0, 26, 10000000, q.OK)
        n = period_ms // 200
        assert [row[3:5] for row in sampler.close()] == [[n, 1000000], [n, 10000000]]
