"""Properties of the node's pure parts, on inputs nobody would think of."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contract import messages, topics
from contract.authentication import seal
from firmware.tests.far_end import KEY, NODE, acknowledgement, opened, sealed
from node import mqtt
from node.clock import Clock
from node.outbox import Outbox
from node.periods import Periods
from node.session import Session
from node.stored_pair import parse

TOPICS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)


def publish(topic: str, payload: bytes) -> bytes:
    return mqtt.publish_head(topic, len(payload)) + payload


def fed(decoder: mqtt.Decoder, data: bytes, cuts: list[int]) -> list[tuple[Any, ...]]:
    found = []
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, stop in pairwise(edges):
        decoder.feed(memoryview(data)[start:stop])
        while (packet := decoder.next_packet()) is not None:
            found.append(packet)
    return found


@given(st.lists(st.tuples(TOPICS, st.binary(max_size=300))), st.lists(st.integers(0, 5000)))
def test_published_messages_come_out_the_same_however_the_stream_is_cut(sent: list[tuple[str, bytes]], cuts: list[int]) -> None:
    data = b"".join(publish(topic, payload) for topic, payload in sent)
    expected = [(mqtt.PUBLISH, topic, payload) for topic, payload in sent]
    assert fed(mqtt.Decoder(1000, {}), data, cuts) == expected


@given(st.binary(max_size=500), st.lists(st.integers(0, 500)))
def test_any_bytes_give_the_same_packets_however_they_are_cut_and_never_an_error(data: bytes, cuts: list[int]) -> None:
    whole, pieces = mqtt.Decoder(100, {}), mqtt.Decoder(100, {})
    assert fed(whole, data, []) == fed(pieces, data, cuts)
    assert whole.counters == pieces.counters


@given(st.binary(max_size=200))
def test_any_packets_before_a_message_do_not_hide_it(body: bytes) -> None:
    before = mqtt.publish_head("t", len(body)) + body
    junk = bytes((0xF0, len(body) & 0x7F)) + body[: len(body) & 0x7F]
    packets = fed(mqtt.Decoder(1000, {}), before + junk + publish("a", b"b"), [])
    assert packets[-1] == (mqtt.PUBLISH, "a", b"b")


@given(st.binary(max_size=100))
def test_any_content_of_a_stored_file_is_good_or_bad_and_never_an_error(data: bytes) -> None:
    assert parse(data) is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("report"), st.integers(0, 400)),
        st.tuples(st.just("event"), st.integers(0, 5)),
        st.tuples(st.just("send"), st.integers(1, 4)),
        st.tuples(st.just("lose"), st.integers(1, 4)),
        st.tuples(st.just("connect"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 60000)),
    ),
    max_size=120,
)


class Talk:
    """A session whose messages reach the gateway, or do not. `committed` came; `told` are numbers that it said are lost."""

    def __init__(self, outbox: Outbox) -> None:
        self.session = Session(NODE, KEY, "00000001aabbccdd", Clock(), outbox)
        self.committed: set[int] = set()
        self.told: set[int] = set()
        self.now = 0

    def report(self, size: int) -> None:
        self.session.report(self.now, 1, [[slot, 1, 0, 1, 0, 0, 0] for slot in range(size // 40)])

    def event(self, _: int) -> None:
        self.session.event("settings_lost", {}, self.now)

    def connect(self, _: int) -> None:
        self.session.connected(self.now)

    def wait(self, ms: int) -> None:
        self.now += ms

    def lose(self, count: int) -> None:
        for _ in range(count):
            self.session.next_message(self.now)

    def send(self, count: int) -> None:
        for _ in range(count):
            message = self.session.next_message(self.now)
            if message is None:
                return
            for item in opened(message)[1].get("i", ()):
                self._commit(item)

    def _commit(self, item: dict[str, Any]) -> None:
        self.committed.add(item["q"])
        if item.get("k") == "dropped":
            self.told.update(range(item["a"]["from"], item["a"]["to"] + 1))
        self.session.handle("ack", acknowledgement(self.session.boot, [item["q"], item["q"]]), self.now)


@given(STEPS, st.integers(3, 12), st.integers(800, 4000))
def test_every_item_made_is_acknowledged_or_told_as_dropped(steps: list[tuple[str, int]], max_items: int, max_bytes: int) -> None:
    outbox = Outbox(max_items, max_bytes, lambda limit: limit // 2)
    talk = Talk(outbox)
    for step, amount in steps:
        getattr(talk, step)(amount)
        assert len(outbox) <= max_items and outbox.bytes <= max_bytes
    talk.connect(0)
    for _ in range(60):  # the link is good from here on
        talk.send(20)
    last = talk.session.event("end", {}, talk.now)
    talk.send(3)
    assert talk.committed | talk.told >= set(range(last + 1))


@given(st.integers(0, 10**7), st.lists(st.tuples(st.integers(0, 20000), st.one_of(st.none(), st.integers(1000, 900000)))))
def test_periods_tile_uptime(start: int, looks: list[tuple[int, int | None]]) -> None:
    periods = Periods(1000, start)
    now = expected = start
    for step, change in looks:
        now += step
        while (over := periods.next_over(now)) is not None:
            assert over[0] == expected and over[1] > 0
            expected += over[1]
        if change is not None:
            last = periods.cut(change, now)
            expected += last[1] if last else 0
        assert expected <= now < periods.next_due()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
)


@given(st.sampled_from(messages.DOWN_TYPES), st.one_of(st.binary(max_size=99), JSON.map(lambda value: json.dumps(value).encode())))
def test_whatever_the_gateway_seals_is_taken_or_refused_and_never_an_error(kind: str, body: bytes) -> None:
    session = Session(NODE, KEY, "00000001aabbccdd", Clock(), Outbox(10, 1000, lambda limit: 0))
    session.handle(kind, seal(KEY, topics.DOWN, NODE, kind, body), 0)
    assert sum(session.counters.values()) == 1


@given(st.binary(max_size=200))
def test_whatever_comes_unsealed_is_refused(payload: bytes) -> None:
    session = Session(NODE, KEY, "00000001aabbccdd", Clock(), Outbox(10, 1000, lambda limit: 0))
    assert session.handle("config", payload, 0) is None
    assert session.counters["no_seal"] + session.counters["bad_mac"] == 1
    assert session.handle("config", sealed("config", {"v": 1, "set": {}}), 0) is not None
