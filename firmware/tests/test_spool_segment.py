from node import spool_segment

BOOT = b"\x00\x01\x02\x03\x04\x05\x06\x07"
RECORD = spool_segment.encode(3, BOOT, 70000, b'{"q":70000}')


def test_a_record_comes_back_whole():
    assert spool_segment.decode(RECORD, 0) == (len(RECORD), 3, BOOT, 70000, b'{"q":70000}')


def test_a_tail_torn_at_any_byte_keeps_what_is_before_it_and_yields_nothing_itself():
    for cut in range(len(RECORD)):
        torn = RECORD + RECORD[:cut]
        at = spool_segment.decode(torn, 0)[0]
        assert spool_segment.decode(torn, at) is None


def test_a_changed_byte_anywhere_is_no_record():
    for at in range(len(RECORD)):
        changed = bytearray(RECORD)
        changed[at] ^= 0x40
        assert spool_segment.decode(bytes(changed), 0) is None
