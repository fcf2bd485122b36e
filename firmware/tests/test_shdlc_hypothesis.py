"""Any reply comes back, in whatever company; any bytes at all end in nothing worse than a count."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.tests.test_shdlc import heard, reply
from node.drivers.shdlc import request

byte = st.integers(0, 255)


@given(byte, byte, st.binary(max_size=255))
def test_a_reply_comes_back(command: int, state: int, data: bytes) -> None:
    assert heard(reply(command, state, data)) == [(command, state, data)]


@given(st.binary(max_size=200), byte, st.binary(max_size=60))
def test_after_any_bytes_the_second_reply_at_the_latest_is_read(junk: bytes, command: int, data: bytes) -> None:
    good = reply(command, 0, data)
    assert heard(junk + good + good)[-1] == (command, 0, data)


@given(byte, st.binary(max_size=255))
def test_between_its_marks_a_request_has_no_mark_and_no_flow_control(command: int, data: bytes) -> None:
    inner = request(command, data)[1:-1]
    assert not set(inner) & {0x7E, 0x11, 0x13}
