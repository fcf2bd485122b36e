from node.outbox import MAX_LOST_RANGES, MAX_UNDER_WAY, OVERTAKEN_MS, Outbox, budget_bytes

RESEND_MS = 5000


def no_jitter(limit: int) -> int:
    return 0


def filled(count: int, kind: str = "report", size: int = 10, max_items: int = 100, max_bytes: int = 100000) -> Outbox:
    outbox = Outbox(max_items, max_bytes, no_jitter)
    for seq in range(count):
        outbox.add(seq, kind, item(seq, size), False)
    return outbox


def item(seq: int, size: int = 10) -> bytes:
    return (b"%d" % seq) + b"." * (size - len(b"%d" % seq))


def batch(outbox: Outbox, now: int, max_items: int = 20, max_bytes: int = 4000) -> list:
    """The numbers in the next batch."""
    found = outbox.next_batch(now, RESEND_MS, max_items, max_bytes)
    return [] if found is None else [int(encoded.split(b".")[0]) for encoded in found[1]]


def all_lost(outbox: Outbox) -> list:
    found = []
    lost = outbox.next_lost()
    while lost is not None:
        found.append(lost)
        outbox.forget_lost()
        lost = outbox.next_lost()
    return found


def test_items_go_oldest_first_as_many_as_fit():
    outbox = filled(25)
    assert batch(outbox, 0) == list(range(20))
    assert batch(outbox, 0) == list(range(20, 25))
    assert batch(outbox, 0) == []


def test_a_batch_keeps_to_its_bytes_with_the_commas():
    outbox = filled(5, size=10)
    assert batch(outbox, 0, max_bytes=32) == [0, 1]
    assert batch(outbox, 0, max_bytes=33) == [2, 3, 4]


def test_one_item_longer_than_a_batch_goes_alone():
    outbox = filled(2, size=50)
    assert batch(outbox, 0, max_bytes=20) == [0]
    assert batch(outbox, 0, max_bytes=20) == [1]


def test_a_batch_is_of_one_kind():
    outbox = Outbox(10, 1000, no_jitter)
    for seq, kind in enumerate(("hello", "report", "event", "report")):
        outbox.add(seq, kind, item(seq), False)
    assert [batch(outbox, 0) for _ in range(4)] == [[0], [1, 3], [2], []]


def test_what_is_acknowledged_is_gone_and_the_rest_is_not():
    outbox = filled(10)
    batch(outbox, 0)
    assert outbox.acknowledge(2, 4) == 3
    assert outbox.acknowledge(2, 4) == 0
    assert outbox.acknowledge(9, 9999) == 1
    assert len(outbox) == 6 and outbox.bytes == 60
    assert batch(outbox, RESEND_MS) == [0, 1, 5, 6, 7, 8]


def test_the_wait_for_an_acknowledgement_doubles():
    outbox = filled(1)
    now = 0
    for doubling in (0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8):
        assert batch(outbox, now) == [0]
        now += RESEND_MS << doubling
        assert batch(outbox, now - 1) == []
        assert outbox.next_due(now - 1) == now
    assert outbox.counters["resent"] == 10


def test_jitter_adds_up_to_a_quarter():
    outbox = Outbox(10, 1000, lambda limit: limit - 1)
    outbox.add(0, "report", item(0), False)
    batch(outbox, 0)
    assert outbox.next_due(0) == RESEND_MS + RESEND_MS // 4


def test_a_gateway_that_does_not_answer_costs_a_bounded_share_of_the_link():
    outbox = filled(90)
    assert len(batch(outbox, 0, 100)) == MAX_UNDER_WAY
    assert batch(outbox, 0, 100) == []
    assert outbox.next_due(0) == RESEND_MS
    assert outbox.acknowledge(0, 2) == 3
    assert batch(outbox, 1, 100) == [40, 41, 42]


def test_an_item_that_is_never_acknowledged_does_not_stop_the_others():
    outbox = filled(1)
    now = 0
    for seq in range(1, 200):
        outbox.add(seq, "report", item(seq), False)
        sent = batch(outbox, now)
        assert seq in sent
        outbox.acknowledge(seq, seq)
        outbox.answered()
        now += 1000
    assert len(outbox) == 1
    assert outbox.counters["resent"] < 8  # its back-off goes on although others are answered


def test_what_was_overtaken_by_an_acknowledgement_is_sent_again_at_once_and_only_once():
    outbox = filled(2)
    assert batch(outbox, 0, 1) == [0]
    assert batch(outbox, OVERTAKEN_MS - 1, 1) == [1]
    outbox.acknowledge(1, 1)
    assert batch(outbox, OVERTAKEN_MS) == []  # too close: its own acknowledgement may be behind this one
    outbox.add(2, "report", item(2), False)
    assert batch(outbox, OVERTAKEN_MS) == [2]
    outbox.acknowledge(2, 2)
    assert batch(outbox, OVERTAKEN_MS + 1) == [0]
    outbox.add(3, "report", item(3), False)
    assert batch(outbox, 3 * OVERTAKEN_MS) == [3]
    outbox.acknowledge(3, 3)
    assert batch(outbox, 3 * OVERTAKEN_MS) == []


def test_an_answer_after_a_silence_makes_everything_due():
    outbox = filled(3)
    now = 0
    for _ in range(5):
        batch(outbox, now)
        now = outbox.next_due(now)
    batch(outbox, now)
    assert batch(outbox, now + 1) == []
    outbox.answered()
    assert batch(outbox, now + 1) == [0, 1, 2]


def test_a_new_link_makes_everything_due():
    outbox = filled(3)
    batch(outbox, 0)
    outbox.all_due()
    assert batch(outbox, 1) == [0, 1, 2]


def test_no_room_drops_the_oldest_report_and_remembers_its_number():
    cases = (("items", {"max_items": 4}), ("bytes", {"max_bytes": 49}))
    for name, limits in cases:
        outbox = filled(10, **limits)
        assert batch(outbox, 0) == [6, 7, 8, 9], name
        assert outbox.next_lost() is None, name  # telling it would drop another
        outbox.acknowledge(6, 9)
        outbox.max_bytes = 1000
        assert all_lost(outbox) == [[0, 5]], name
        assert outbox.counters["dropped"] == 6, name


def test_kept_items_go_last():
    outbox = Outbox(3, 1000, no_jitter)
    outbox.add(0, "hello", item(0), True)
    for seq in range(1, 5):
        outbox.add(seq, "report", item(seq), False)
    assert batch(outbox, 0) == [0]
    assert batch(outbox, 0) == [3, 4]
    for seq in range(5, 8):
        outbox.add(seq, "event", item(seq), True)
    outbox.acknowledge(0, 9)
    assert all_lost(outbox) == [[1, 4], [0, 0]]


def test_lost_ranges_are_bounded():
    outbox = Outbox(1, 1000, no_jitter)
    for seq in range(0, 200, 2):
        outbox.add(seq, "report", item(seq), False)
    outbox.acknowledge(198, 198)
    lost = all_lost(outbox)
    assert len(lost) == MAX_LOST_RANGES
    assert lost[0] == [0, 0] and lost[-1] == [30, 196]
    assert outbox.counters["lost_ranges_joined"] == 83


def test_the_budget_leaves_two_thirds_of_the_heap():
    cases = ((300000, 32768, 32768), (60000, 32768, 20000), (3000, 32768, 4096))
    for free, most, expected in cases:
        assert budget_bytes(free, most) == expected


def test_the_room_is_a_third_of_what_the_drivers_have_left_with_what_waits_already() -> None:
    outbox = filled(10, size=100)
    outbox.fit(29000, 32768)
    assert outbox.max_bytes == (29000 + 1000) // 3
    outbox.fit(0, 32768)
    assert outbox.max_bytes == 4096 and len(outbox) == 10
    outbox.fit(1000000, 32768)
    assert outbox.max_bytes == 32768
