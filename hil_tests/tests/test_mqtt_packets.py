"""The bench's codec of MQTT packets: whole, byte by byte, and round trip; known bytes of the standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil_tests.mqtt import packets
from hil_tests.mqtt.packets import PacketCounter, PacketReader, publish

SIZES = (0, 100, 200, 20_000)
STREAM = packets.CONNECT_ACCEPTED + b"".join(publish("airgrid/up/n", bytes(size)) for size in SIZES)


def test_packets_are_those_of_the_standard() -> None:
    assert packets.connect("a") == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a"
    assert packets.connect("a", "u", "pw") == b"\x10\x14\x00\x04MQTT\x04\xc2\x00\x00\x00\x01a\x00\x01u\x00\x02pw"
    assert packets.subscribe("a/b") == b"\x82\x08\x00\x01\x00\x03a/b\x00"
    assert packets.publish("a/b", b"hi") == b"\x30\x07\x00\x03a/bhi"
    assert packets.publish("t", bytes(197))[:5] == b"\x30\xc8\x01\x00\x01"


def test_packets_are_read_whole_and_byte_by_byte() -> None:
    whole = PacketReader().feed(STREAM)
    assert [(kind, len(body)) for kind, body in whole] == [(packets.CONNACK, 2), *((packets.PUBLISH, 14 + size) for size in SIZES)]
    reader = PacketReader()
    assert [found for byte in STREAM for found in reader.feed(bytes([byte]))] == whole


def test_packets_are_counted_whole_and_byte_by_byte() -> None:
    assert PacketCounter().feed(STREAM) == 5
    counter = PacketCounter()
    assert sum(counter.feed(bytes([byte])) for byte in STREAM) == 5
    assert counter.feed(STREAM[:-1]) == 4


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_half_a_packet_is_no_packet(kept: int) -> None:
    assert PacketReader().feed(publish("t", bytes(300))[:kept]) == []


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=300))), st.integers(1, 50))
def test_publishes_come_back_as_they_were_made_however_they_are_cut(messages: list[tuple[str, bytes]], cut: int) -> None:
    stream = b"".join(publish(topic, payload) for topic, payload in messages)
    reader = PacketReader()
    assert [one for at in range(0, len(stream), cut) for one in reader.publishes(stream[at : at + cut])] == messages
