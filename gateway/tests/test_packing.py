"""Bodies packed and as they came: the very same bytes, and corrupted ones stop nothing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.items import Row
from gateway.store.packing import MARK, packed, unpacked
from gateway.store.site.dating import Limits
from gateway.store.store import StoreOpener

_BOOT = "0000000100000001"


def _report(seq: int) -> bytes:
    return (
        b'{"q":%d,"s":10000044,"d":10000,"c":3,"ch":[[0,5,0,10,109,105,115],[0,6,0,10,226,222,227],[0,8,0,10,413,399,428],'
        b'[0,30,0,10,1645,1597,1671],[0,40,0,10,2050,1988,2053],[0,41,0,10,5621,5400,5622]],"u":1800010000057,"e":37}' % seq
    )


@given(st.binary(max_size=2000))
def test_what_was_packed_is_the_same_when_it_is_unpacked(body: bytes) -> None:
    assert unpacked(packed(body)) == body


@given(st.binary(max_size=300))
def test_a_stream_that_was_spoilt_raises_nothing(noise: bytes) -> None:
    unpacked(MARK + noise)


def test_a_report_is_packed_to_half() -> None:
    assert len(packed(_report(123))) <= len(_report(123)) / 2


def test_the_dictionary_is_the_one_that_cards_were_written_with() -> None:
    """A body of the first version, as it lies on a card: a changed dictionary loses it."""
    assert unpacked(bytes.fromhex(_FIRST)) == _report(123)


_FIRST = (
    "016d924b0e80200c442fc402faefd98c7777a8d1087131e9acfa9a074751885f6cef221b897f188928de5117061942887f1932b87166138a55a90956"
    "683a9a8f4da96266c46cbc2a357c0e955e8d1ea58163eff3d54b2bfb7901"
)


@pytest.mark.parametrize("together", [1, 32, 33, 200])
def test_the_store_gives_back_the_bytes_that_came_however_many_came_together(tmp_path: Path, together: int) -> None:
    store = StoreOpener(tmp_path, Limits(50, 100, 86_400_000), 1 << 24, "gw-east").open(0).store
    rows = [Row("n-1", _BOOT, q, "report", 1000, q, 1000, None, None, _report(q)) for q in range(together)]
    store.buffer.commit(rows, [], 0)
    assert [waiting.row for waiting in store.outbox.next_batch(1000, 1 << 20, extras=False).items] == rows
    store.close()


def test_a_stream_that_lost_its_end_stays_what_it_is() -> None:
    cut = packed(b'{"q":1,"s":10,"d":10000,"c":0,"ch":[[0,1,0,10,100,100,100]]}')[:-3]
    assert unpacked(cut) == cut
