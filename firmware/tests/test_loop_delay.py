from node.loop_delay import EDGES_MS, LoopDelay


def test_one_late_turn_in_a_thousand_is_the_longest_and_not_the_p99():
    delay = LoopDelay()
    for _ in range(999):
        delay.woke(3)
    delay.woke(700)
    assert (delay.counters["delay_max_ms"], delay.counters["delay_p99_ms"]) == (700, 5)


def test_two_late_turns_in_a_hundred_are_the_p99():
    delay = LoopDelay()
    for late in [0] * 98 + [150, 180]:
        delay.woke(late)
    assert delay.counters["delay_p99_ms"] == 200


def test_beyond_the_last_edge_the_longest_delay_stands_for_the_p99():
    delay = LoopDelay()
    delay.woke(EDGES_MS[-1] + 234)
    assert delay.counters["delay_p99_ms"] == EDGES_MS[-1] + 234


def test_the_gap_between_two_feeds_is_the_longest_since_the_first():
    delay = LoopDelay()
    for now in (50000, 51000, 54000, 55000):
        delay.fed(now)
    assert delay.counters["feed_gap_max_ms"] == 3000


def test_the_least_heap_is_kept():
    delay = LoopDelay()
    for free in (30000, 20000, 25000):
        delay.heap(free)
    assert delay.counters["heap_least_bytes"] == 20000
