"""Back-off, gather window, token bucket, acknowledgement ranges, the intake queue: small and pure."""

from random import Random

import pytest
from aiomqtt import Message

from contract import messages
from gateway.backoff import Backoff
from gateway.carriers.intake_queue import IntakeQueue
from gateway.counters import Counters
from gateway.gather_window import GatherWindow
from gateway.intake.acks import Acks
from gateway.intake.intake import MAX_SEALED_BYTES
from gateway.items import Row
from host.token_bucket import TokenBucket


def _ceilings(backoff: Backoff, count: int) -> list[float]:
    """The greatest possible delay is drawn by a source that always gives the upper end."""
    return [backoff.failed(0.0) for _ in range(count)]


class _Greatest(Random):
    def uniform(self, a: float, b: float) -> float:
        return b


def test_ceilings_double_up_to_the_cap() -> None:
    assert _ceilings(Backoff(0.5, 60, 30, _Greatest()), 9) == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_delays_are_spread_over_the_whole_ceiling() -> None:
    backoff = Backoff(8, 8, 30, Random(1))
    delays = [backoff.failed(0.0) for _ in range(1000)]
    assert min(delays) < 0.1 and max(delays) > 7.9


def test_one_success_does_not_reset_but_a_stable_period_does() -> None:
    backoff = Backoff(1, 60, 30, _Greatest())
    _ceilings(backoff, 3)
    backoff.succeeded(100)
    assert backoff.failed(129) == 8
    backoff.succeeded(200)
    backoff.succeeded(229)
    assert backoff.failed(230) == 1


def test_what_the_other_side_asks_for_comes_under_the_jitter() -> None:
    assert Backoff(1, 60, 30, _Greatest()).failed(0, at_least_s=7) == 8


def test_in_quiet_nothing_waits() -> None:
    window = GatherWindow(0.01)
    for now_s in range(5):
        assert window.wait_s(now_s) == 0
        window.began(1, now_s)
    assert window.wait_s(4.0001) == 0


def test_a_least_window_also_holds_in_quiet_and_counts_from_the_start() -> None:
    window = GatherWindow(0.01, least_s=1.0)
    assert window.wait_s(5.0) == 0.0, "the first of all waits for nobody"
    window.began(1, 5.0)
    assert window.wait_s(5.25) == pytest.approx(0.75)
    window.began(100, 6.0)
    assert window.wait_s(6.0) == pytest.approx(1.0)
    assert window.wait_s(9.0) == 0.0


def test_under_load_the_window_grows_to_its_limit_and_counts_from_the_start() -> None:
    window = GatherWindow(0.01)
    waits = []
    for _ in range(6):
        window.began(100, 0.0)
        waits.append(window.wait_s(0.0))
    assert waits == pytest.approx([0.001, 0.002, 0.004, 0.008, 0.01, 0.01])
    assert window.wait_s(0.25) == 0
    window.began(1, 0.0)
    assert window.wait_s(0.0) == 0


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(2, 3, 0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.5), bucket.take(0.5)] == [True, False]
    assert [bucket.take(100) for _ in range(4)] == [True, True, True, False]


def _row(seq: int, node: str = "n-1", boot: str = "0000000100000001") -> Row:
    return Row(node, boot, seq, "report", 0, 0, 0, None, None, b"{}")


def test_acknowledgements_are_merged_into_ranges_per_node_and_boot() -> None:
    acks = Acks()
    acks.committed([_row(3), _row(1), _row(2), _row(9)])
    acks.committed([_row(2), _row(0, "n-2")])
    taken = [(node, messages.read(kind, body)["r"]) for node, kind, body in acks.pop_all()]
    assert taken == [("n-1", [[1, 3], [9, 9]]), ("n-2", [[0, 0]])]
    assert acks.pop_all() == []


def test_acknowledgements_with_many_gaps_are_split_into_messages_of_the_contract() -> None:
    acks = Acks()
    acks.committed(_row(seq) for seq in range(0, 400, 2))
    ranges = [messages.read(kind, body)["r"] for _, kind, body in acks.pop_all()]
    assert [len(part) for part in ranges] == [64, 64, 64, 8]


def _message(payload: bytes, node: str = "n-1") -> Message:
    return Message(f"airgrid/1/up/{node}/report", payload, 0, False, 0, None)


def _queue(messages_: int = 10, bytes_: int = 100_000, share_percent: int = 100) -> tuple[IntakeQueue, Counters]:
    counters = Counters()
    return IntakeQueue(counters, messages=messages_, bytes_=bytes_, share_percent=share_percent), counters


@pytest.mark.parametrize(
    ("queue", "kept"),
    [(_queue(messages_=3), 3), (_queue(bytes_=250), 2), (_queue(share_percent=40), 4)],
    ids=["messages", "bytes", "share of one name"],
)
def test_a_full_queue_drops_the_newest_and_counts(queue: tuple[IntakeQueue, Counters], kept: int) -> None:
    for number in range(8):
        queue[0].put_nowait(_message(b"%d" % number + b"x" * 99))
    assert queue[1]["messages.queue_full"] == 8 - kept
    taken = queue[0].pop_all(queue[0].get_nowait(), "airgrid/1/")
    assert [delivery.payload[:1] for delivery in taken] == [b"%d" % number for number in range(kept)]
    assert taken[0].name == "up/n-1/report"
    queue[0].put_nowait(_message(b"again"))
    assert queue[0].qsize() == 1


def test_one_that_fills_its_share_leaves_room_for_the_others() -> None:
    queue, counters = _queue(share_percent=50)
    for _ in range(100):
        queue.put_nowait(_message(b"flood"))
    queue.put_nowait(_message(b"calm", "n-2"))
    assert queue.qsize() == 6
    assert counters["messages.queue_full"] == 95


def test_an_overlong_payload_does_not_occupy_memory() -> None:
    queue, _ = _queue()
    queue.put_nowait(_message(b"x" * 1_000_000))
    assert [len(d.payload) for d in queue.pop_all(queue.get_nowait(), "")] == [MAX_SEALED_BYTES + 1]
