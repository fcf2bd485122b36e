# The packets against bytes worked out by hand from the standard, and the decoder whole, byte by byte, garbled and round trip.

from node import mqtt


def counters_of(decoder: mqtt.Decoder) -> dict:
    return {name: count for name, count in decoder.counters.items() if count}


def decoded(data: bytes, step: int = 0, limit: int = 1000) -> tuple:
    decoder = mqtt.Decoder(limit, {})
    step = step or max(1, len(data))
    found = []
    for at in range(0, len(data), step):
        decoder.feed(memoryview(data)[at : at + step])
        packet = decoder.next_packet()
        while packet is not None:
            found.append(packet)
            packet = decoder.next_packet()
    return found, counters_of(decoder)


def publish(topic: str, payload: bytes) -> bytes:
    return mqtt.publish_head(topic, len(payload)) + payload


CONNACK_BYTES = b"\x20\x02\x00\x00"
SUBACK_BYTES = b"\x90\x03\x00\x01\x00"
PINGRESP_BYTES = b"\xd0\x00"

# (name, bytes, packets, counters)
STREAMS = (
    ("accepted", CONNACK_BYTES, [(mqtt.CONNACK, 0)], {}),
    ("refused", b"\x20\x02\x00\x05", [(mqtt.CONNACK, 5)], {}),
    ("subscribed", SUBACK_BYTES, [(mqtt.SUBACK, 0)], {}),
    ("subscription refused", b"\x90\x03\x00\x01\x80", [(mqtt.SUBACK, 0x80)], {}),
    ("pong", PINGRESP_BYTES, [(mqtt.PINGRESP,)], {}),
    ("publish", b"\x30\x07\x00\x03a/bhi", [(mqtt.PUBLISH, "a/b", b"hi")], {}),
    ("publish without payload", b"\x30\x05\x00\x03a/b", [(mqtt.PUBLISH, "a/b", b"")], {}),
    ("publish of QoS 1 has an id", b"\x32\x09\x00\x03a/b\x00\x07hi", [(mqtt.PUBLISH, "a/b", b"hi")], {}),
    ("publish with a retain flag", b"\x31\x07\x00\x03a/bhi", [(mqtt.PUBLISH, "a/b", b"hi")], {}),
    ("publish shorter than its topic", b"\x30\x04\x00\x09ab" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("publish of QoS 1 without an id", b"\x32\x05\x00\x03a/b" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("publish without a topic length", b"\x30\x01\x00" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("publish without a body", b"\x30\x00" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("topic that is no UTF-8", b"\x30\x03\x00\x01\xff" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("short acceptance", b"\x20\x01\x00" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("subscription of another id", b"\x90\x03\x00\x02\x00" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("pong with a body", b"\xd0\x01\x00" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"malformed": 1}),
    ("unknown type", b"\xf0\x02ab" + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"unknown": 1}),
    ("a length of two bytes", publish("t", b"x" * 200), [(mqtt.PUBLISH, "t", b"x" * 200)], {}),
    ("as long as allowed", publish("t", b"x" * 997), [(mqtt.PUBLISH, "t", b"x" * 997)], {}),
    ("a byte too long", publish("t", b"x" * 998) + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"too_long": 1}),
    ("far too long", publish("t", b"x" * 20000) + PINGRESP_BYTES, [(mqtt.PINGRESP,)], {"too_long": 1}),
    ("a length of five bytes", b"\x30\xff\xff\xff\xff\x01" + PINGRESP_BYTES, [(mqtt.BROKEN,)], {"malformed": 1}),
    ("nothing", b"", [], {}),
    ("half a packet", b"\x30\x07\x00\x03a/b", [], {}),
)


def test_streams_whole():
    for name, data, packets, counters in STREAMS:
        assert decoded(data) == (packets, counters), name


def test_streams_in_pieces():
    for name, data, packets, counters in STREAMS:
        for step in (1, 2, 3, 7):
            assert decoded(data, step) == (packets, counters), (name, step)


def test_streams_one_after_the_other():
    whole = [stream for stream in STREAMS if stream[0] not in ("a length of five bytes", "half a packet")]
    data = b"".join(stream[1] for stream in whole)
    packets = [packet for stream in whole for packet in stream[2]]
    for step in (0, 1, 5):
        assert decoded(data, step)[0] == packets, step


def test_after_a_broken_length_nothing_is_believed():
    packets, _ = decoded(b"\x30\x80\x80\x80\x80\x01" + publish("a", b"b") * 3)
    assert packets == [(mqtt.BROKEN,)]


def test_what_is_published_is_decoded_the_same():
    for length in (0, 1, 120, 127, 128, 16383, 16384, 40000):
        payload = bytes(at & 0xFF for at in range(length))
        assert decoded(publish("airgrid/1/down/n-1/ack", payload), 0, 50000) == (
            [(mqtt.PUBLISH, "airgrid/1/down/n-1/ack", payload)],
            {},
        ), length


def test_a_long_message_is_skipped_without_memory_for_it():
    decoder = mqtt.Decoder(100, {})
    decoder.feed(b"\x30\xff\xff\xff\x7f")  # 268435455 bytes will follow
    assert decoder._body is None
    decoder.feed(bytes(1000))
    assert decoder.next_packet() is None
    assert decoder.counters["too_long"] == 1


def test_connect_by_hand():
    expected = (
        b"\x10\x1e\x00\x04MQTT\x04\x06\x00\x1e"  # 3.1.1, clean session and will, 30 s
        b"\x00\x03n-1\x00\x06up/g-x\x00\x05sayso"
    )
    assert mqtt.connect_packet("n-1", 30, "", "", "up/g-x", b"sayso") == expected


def test_connect_with_a_user_by_hand():
    packet = mqtt.connect_packet("n", 300, "me", "pw", "w", b"")
    assert packet == b"\x10\x1a\x00\x04MQTT\x04\xc6\x01\x2c\x00\x01n\x00\x01w\x00\x00\x00\x02me\x00\x02pw"


def test_subscribe_by_hand():
    assert mqtt.subscribe_packet("a/+") == b"\x82\x08\x00\x01\x00\x03a/+\x00"


def test_a_ping_is_due_after_three_quarters_of_the_keepalive():
    keepalive = mqtt.Keepalive(20, 10000, 0)
    assert keepalive.next_action(14999) is None
    assert keepalive.next_action(15000) == "ping"
    keepalive.received()
    assert keepalive.next_action(29999) is None
    assert keepalive.next_action(30000) == "ping"


def test_a_link_on_which_a_ping_brings_no_byte_is_dead():
    keepalive = mqtt.Keepalive(20, 10000, 0)
    keepalive.next_action(15000)
    assert keepalive.next_action(25000) is None
    assert keepalive.next_action(25001) == "dead"


def test_a_link_that_takes_no_bytes_is_dead():
    keepalive = mqtt.Keepalive(600, 10000, 0)
    keepalive.write_started(100)
    keepalive.received()
    assert keepalive.next_action(10100) is None
    assert keepalive.next_action(10101) == "dead"
    keepalive.write_finished()
    assert keepalive.next_action(10102) is None
