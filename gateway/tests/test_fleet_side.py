"""Bodies to the fleet and answers from it, without a network and with one."""

import gzip
import json
from random import Random

import aiohttp
import pytest

from gateway.backoff import Backoff
from gateway.errors import FleetError
from gateway.items import Row
from gateway.store.delivery.batch import Batch, BatchItem, Verdict
from gateway.store.site.dating import Dated
from gateway.tests.parts import CLOCK, make_site
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.ingest_body import gaps_taken, ingest_body, read_verdicts
from gateway.uplink.retry_gate import RetryGate
from hil_tests.stand_in_fleet.fleet import TOKEN, StandInFleet

_RAW = b'{ "q":0,  "x":"\xe6\x9d\xbf" }'
_ROW = Row("n-1", "0000000100000001", 0, "report", 5, 6, 7, None, None, _RAW)
_BATCH = Batch(
    [BatchItem(1, _ROW, Dated("bounds", 10, 20))],
    [("n-1", "0000000100000001", -3, 4)],
    [(9, "n-1", "0000000100000001", 5, 8, "buffer_full")],
)


def test_a_body_carries_the_bytes_of_the_node_its_date_anchors_and_what_was_dropped() -> None:
    text = gzip.decompress(ingest_body(_BATCH))
    assert _RAW in text
    assert json.loads(text) == {
        "items": [
            {
                "node": "n-1",
                "boot": "0000000100000001",
                "seq": 0,
                "kind": "report",
                "arrived_ms": 5,
                "time": {"how": "bounds", "start_ms": 10, "error_ms": 20},
                "body": {"q": 0, "x": "板"},
            }
        ],
        "anchors": [{"node": "n-1", "boot": "0000000100000001", "offset_ms": -3, "error_ms": 4}],
        "dropped": [{"node": "n-1", "boot": "0000000100000001", "from": 5, "to": 8, "why": "buffer_full"}],
    }


def test_each_item_has_its_verdict() -> None:
    answer = {"results": [{"status": "accepted"}, {"status": "duplicate"}, {"status": "refused", "reason": "bad_item", "detail": "d"}]}
    assert read_verdicts(answer, 3) == [Verdict("accepted"), Verdict("duplicate"), Verdict("refused", "bad_item d")]


@pytest.mark.parametrize("results", [None, [], [{"status": "accepted"}] * 2, [{"status": "maybe"}], ["accepted"], [{}]])
def test_an_answer_that_does_not_account_for_each_item_concludes_nothing(results: object) -> None:
    with pytest.raises(FleetError):
        read_verdicts({"results": results}, 1)


def test_what_was_dropped_counts_as_told_only_when_the_fleet_says_so() -> None:
    assert gaps_taken({"dropped": 1}, _BATCH)
    assert not gaps_taken({}, _BATCH)
    assert not gaps_taken({"dropped": 0}, _BATCH)


async def _failure(fleet: StandInFleet, fault: str | None, token: str = TOKEN, timeout_s: float = 1) -> FleetError:
    fleet.faults.append(fault)
    link = FleetLink(fleet.url, RetryGate(Backoff(0.01, 0.01, 1, Random(1)), 0.01, Random(1)), 1, CLOCK)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(FleetError) as caught:
            await FleetApi(session, fleet.url, token, timeout_s, link, make_site()).ingest(gzip.compress(b'{"items":[]}'))
    return caught.value


async def test_retry_after_is_heard(fleet: StandInFleet) -> None:
    error = await _failure(fleet, "429")
    assert (error.status, error.retry_after_s, error.whole_batch) == (429, 1, False)


async def test_only_the_fleet_itself_can_refuse_a_batch_for_good(fleet: StandInFleet) -> None:
    fleet.refuse_whole = lambda document: True
    assert (await _failure(fleet, None)).whole_batch
    assert not (await _failure(fleet, "400 of a proxy")).whole_batch


@pytest.mark.parametrize("fault", ["500", "truncated", "not JSON", "late"])
async def test_every_other_failure_is_one_to_be_tried_again(fleet: StandInFleet, fault: str) -> None:
    assert not (await _failure(fleet, fault)).whole_batch


async def test_a_fleet_that_is_not_there_and_a_token_that_is_not_taken(fleet: StandInFleet) -> None:
    assert (await _failure(fleet, None, token="stolen")).status == 401
    await fleet.stop()
    assert (await _failure(fleet, None)).status is None
