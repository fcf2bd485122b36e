from contract import messages
from firmware.tests.far_end import KEY, NODE, acknowledgement, opened, sealed, time_answer
from node.clock import Clock
from node.outbox import Outbox
from node.session import Session

BOOT = "00000001aabbccdd"
ABOUT = {"hw": "virtual", "fw": "0.1.0", "mp": "MicroPython", "rc": "power_on", "sn": [[0, "pms5003", ""]]}
ROWS = [[0, 2, 0, 3, 120, 100, 140]]
SETTINGS = {"period_ms": 1000, "sensors": []}


def new_session(max_items: int = 100, max_bytes: int = 100000) -> Session:
    return Session(NODE, KEY, BOOT, Clock(), Outbox(max_items, max_bytes, lambda limit: 0))


def drain(session: Session, now: int) -> list:
    """[(type, body), ...] of everything that the session wants to send now."""
    found = []
    message = session.next_message(now)
    while message is not None:
        found.append(opened(message))
        message = session.next_message(now)
    return found


def numbers(sent: list) -> list:
    return [item["q"] for kind, body in sent if kind in messages.ITEM_TYPES for item in body["i"]]


def started() -> Session:
    """A session whose hello is acknowledged and whose time is known."""
    session = new_session()
    session.hello(ABOUT, 5)
    session.connected(10)
    question = drain(session, 10)[1][1]
    session.handle("time", time_answer(question, 1000000), 30)
    session.handle("ack", acknowledgement(BOOT, [0, 0]), 30)
    return session


def test_hello_goes_first_then_the_time_is_asked_then_the_rest():
    session = new_session()
    session.hello(ABOUT, 5)
    session.report(0, 1000, ROWS)
    session.connected(1000)
    sent = drain(session, 1000)
    assert [kind for kind, _ in sent] == ["hello", "get", "report"]
    hello, question = sent[0][1]["i"][0], sent[1][1]
    assert (hello["q"], hello["c"], hello["hw"], hello["s"]) == (0, 0, "virtual", 5)
    assert (question["b"], question["w"], question["s"]) == (BOOT, "time", 1000)
    assert sent[2][1] == {"b": BOOT, "i": [{"q": 1, "s": 0, "d": 1000, "c": 0, "ch": ROWS}]}


def test_hello_is_said_again_only_when_it_says_something_else():
    session = started()
    session.hello(dict(ABOUT), 50)
    assert drain(session, 60) == []
    session.hello(dict(ABOUT, sn=[[0, "pms5003", "firmware 151"]]), 70)
    assert drain(session, 70)[0][1]["i"][0]["sn"] == [[0, "pms5003", "firmware 151"]]
    session.configure(4, {"resend_ms": 5000, "time_sync_ms": 600000})
    session.hello(dict(ABOUT, sn=[[0, "pms5003", "firmware 151"]]), 80)
    assert drain(session, 80)[0][1]["i"][0]["c"] == 4


def test_items_are_dated_when_the_time_is_known_and_not_before():
    session = new_session()
    session.report(0, 1000, ROWS)
    session.connected(1000)
    question, report = drain(session, 1000)
    assert "u" not in report[1]["i"][0] and "e" not in report[1]["i"][0]
    session.handle("time", time_answer(question[1], 5000000, 7), 1040)
    session.report(1000, 1000, ROWS)
    item = drain(session, 2000)[0][1]["i"][0]
    # The answer came within 1000..1040: the gateway's 5000000 was uptime 1020 +- 20.
    assert (item["s"], item["u"], item["e"]) == (1000, 4999980, 7 + 20 + 1)


def test_the_time_is_asked_again_each_time_sync_ms_and_soon_after_no_answer():
    session = started()
    assert session.next_due(30) == 30 + 600000
    first = opened(session.next_message(600030))
    assert first[0] == "get"
    assert session.next_due(600030) == 602030
    second = opened(session.next_message(602030))
    assert second[1]["k"] != first[1]["k"]
    assert session.next_due(602030) == 606030


def test_what_is_not_acknowledged_is_sent_again_the_same():
    session = started()
    session.report(0, 1000, ROWS)
    first = drain(session, 1000)
    assert drain(session, 5999) == []
    assert drain(session, 6000) == first
    session.handle("ack", acknowledgement(BOOT, [1, 1]), 6001)
    assert drain(session, 600000) == []


def test_items_of_one_type_share_a_message_of_at_most_20_and_4096_bytes():
    session = started()
    rows = [[0, quantity, 0, 10, 123456, 100000, 150000] for quantity in range(20, 27)]
    for start in range(0, 60000, 1000):
        session.report(start, 1000, rows)
    seen = 0
    message = session.next_message(60000)
    while message is not None:
        assert len(message[1]) <= 4096 + 33
        assert len(opened(message)[1]["i"]) <= 20
        seen += len(opened(message)[1]["i"])
        session.handle("ack", acknowledgement(BOOT, [0, seen]), 60000)
        message = session.next_message(60000)
    assert seen == 60


def test_shorter_messages_after_there_was_no_memory():
    session = started()
    rows = [[0, quantity, 0, 10, 123456, 100000, 150000] for quantity in range(20, 27)]
    for start in range(0, 10000, 1000):
        session.report(start, 1000, rows)
    for _ in range(9):
        session.shortage.shorten()
    assert len(session.next_message(10000)[1]) <= 512 + 33


def test_an_overflow_is_told_with_its_range_once_there_is_room():
    session = new_session(max_items=4)
    session.hello(ABOUT, 5)
    for start in range(0, 10000, 1000):
        session.report(start, 1000, ROWS)
    session.connected(10000)
    assert numbers(drain(session, 10000)) == [0, 8, 9, 10]  # hello is not what goes
    session.handle("ack", acknowledgement(BOOT, [0, 10]), 10010)
    event = drain(session, 10010)[0][1]["i"][0]
    assert (event["q"], event["k"], event["a"]) == (11, "dropped", {"from": 1, "to": 7, "why": "ram_full"})


class FullOutbox(Outbox):
    """One in which nothing can be put, as long as a test says."""

    full = False

    def add(self, seq, kind, encoded, kept):
        if self.full:
            raise MemoryError
        super().add(seq, kind, encoded, kept)


def test_without_memory_no_number_and_no_lost_range_is_forgotten():
    outbox = FullOutbox(4, 100000, lambda limit: 0)
    session = Session(NODE, KEY, BOOT, Clock(), outbox)
    for start in range(0, 7000, 1000):
        session.report(start, 1000, ROWS)
    session.handle("ack", acknowledgement(BOOT, [0, 6]), 7000)
    outbox.full = True
    for _ in range(3):
        try:
            session.next_message(7000)
        except MemoryError:
            continue
        raise AssertionError("there was memory")
    outbox.full = False
    session.connected(8000)
    event = next(body for kind, body in drain(session, 8000) if kind == "event")["i"][0]
    assert (event["q"], event["a"]) == (7, {"from": 0, "to": 2, "why": "ram_full"})


def test_every_number_is_either_sent_or_told_as_dropped_over_long_outages():
    session = new_session(max_items=12)
    session.hello(ABOUT, 0)
    sent, lost = set(), set()
    now = 0
    for outage in range(8):
        for _ in range(30):
            session.report(now, 1000, ROWS)
            now += 1000
        session.connected(now)
        message = session.next_message(now)
        while message is not None:
            kind, body = opened(message)
            for item in body.get("i", ()):
                sent.add(item["q"])
                if kind == "event":
                    lost.update(range(item["a"]["from"], item["a"]["to"] + 1))
                session.handle("ack", acknowledgement(BOOT, [item["q"], item["q"]]), now)
            message = session.next_message(now)
        assert sent | lost == set(range(max(sent) + 1)), outage


def test_a_config_is_a_fact_for_the_caller():
    session = started()
    fact = session.handle("config", sealed("config", {"v": 3, "set": SETTINGS}), 100)
    assert fact == ("config", 3, SETTINGS)


def test_a_config_of_no_greater_version_is_not_taken():
    session = started()
    session.configure(3, {"resend_ms": 5000, "time_sync_ms": 600000})
    for version in (3, 2, 1):
        assert session.handle("config", sealed("config", {"v": version, "set": SETTINGS}), 100) is None
    assert session.counters["replayed"] == 3
    assert session.handle("config", sealed("config", {"v": 4, "set": SETTINGS}), 100)[1] == 4


def test_applied_tells_the_version_and_its_faults():
    session = started()
    session.applied(3, ["period_ms: an integer, 1000 to 900000 ms"], 100)
    session.applied(4, [], 200)
    items = drain(session, 200)[0][1]["i"]
    assert [(item["c"], item["ok"], item["f"]) for item in items] == [
        (3, False, ["period_ms: an integer, 1000 to 900000 ms"]),
        (4, True, []),
    ]


def test_a_config_that_was_refused_is_not_considered_again_while_the_answer_waits():
    session = started()
    config = sealed("config", {"v": 3, "set": SETTINGS})
    assert session.handle("config", config, 100) is not None
    session.applied(3, ["no"], 100)
    assert session.handle("config", config, 200) is None
    session.handle("ack", acknowledgement(BOOT, [1, 1]), 300)
    assert session.handle("config", config, 400) is not None


def test_replays_of_acknowledgements_and_times_do_nothing():
    session = started()
    session.report(0, 1000, ROWS)
    question = opened(session.next_message(700000))[1]
    answer = time_answer(question, 9000000)
    cases = (
        ("ack", acknowledgement("00000000aabbccdd", [0, 9])),
        ("time", sealed("time", {"b": "00000000aabbccdd", "k": question["k"], "u": 1, "e": 0})),
        ("time", sealed("time", {"b": BOOT, "k": "0", "u": 1, "e": 0})),
    )
    for count, (kind, payload) in enumerate(cases, 1):
        session.handle(kind, payload, 700010)
        assert session.counters["replayed"] == count
    session.handle("time", answer, 700010)
    session.handle("time", answer, 900000)  # once more, late: it would claim a round trip of 200 s
    assert session.counters["replayed"] == len(cases) + 1
    assert drain(session, 700010) != []  # the report was never acknowledged


def test_the_last_will_is_sealed_and_names_the_boot():
    session = new_session()
    assert opened(("gone", session.last_will())) == ("gone", {"b": BOOT})


def test_a_new_link_sends_the_unacknowledged_and_asks_the_time_at_once():
    session = started()
    session.report(0, 1000, ROWS)
    assert [kind for kind, _ in drain(session, 1000)] == ["report"]
    session.connected(1100)
    assert [kind for kind, _ in drain(session, 1100)] == ["get", "report"]


def test_a_request_is_a_fact_once_and_only_with_a_greater_number_of_this_boot():
    session = started()
    wanted = {"b": BOOT, "k": 3, "w": "faster", "p": 1000, "d": 60000}
    assert session.handle("do", sealed("do", wanted), 100) == ("do", wanted)
    before = session.counters["replayed"]
    for stale in (wanted, dict(wanted, k=2), dict(wanted, k=4, b="0000000099999999")):
        assert session.handle("do", sealed("do", stale), 200) is None
    assert session.counters["replayed"] == before + 3
    assert session.handle("do", sealed("do", dict(wanted, k=4)), 300)[1]["k"] == 4
    assert session.handle("do", sealed("do", dict(wanted, k=5), key=bytes(32)), 400) is None
    assert session.handle("do", sealed("do", dict(wanted, k=5, p=10)), 500) is None
