"""What the gateway writes the fleet reads, and what the fleet answers the gateway reads: the real code of both ends."""

import gzip
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import messages, quality, quantities, values
from contract.site import device_api, qualities, shapes
from contract.site import device_api_keys as keys
from fleet.api.device import ingest, reports
from fleet.record.dating import HOW_KEYS
from fleet.record.ingest.items import BadItem, Item, read_batch
from fleet.tests.district import District, open_district
from gateway.counters import Counters
from gateway.errors import DesiredError, FleetError
from gateway.intake.intake import LogLine
from gateway.items import Row
from gateway.items import read_item as read_node_item
from gateway.reception.node_logs import NodeLogs
from gateway.store.delivery.batch import Batch, Verdict
from gateway.store.site.track import ENDED, FIX, NO_FIX, SILENT, Point
from gateway.store.store import Store
from gateway.tests import away, desired_box
from gateway.uplink.ingest_body import gaps_taken, ingest_body, read_verdicts

NODE = "n-1"
NOW_MS = away.START_MS + 10 * 86_400_000
_UPTIMES = st.integers(0, 10 * 86_400_000)
_WITHOUT_A_VALUE = sorted(set(qualities.KEYS) - set(quality.USABLE))
_PARTICULARS = st.dictionaries(st.text(min_size=1, max_size=8), st.integers(0, 9), max_size=3)
_SCALED = st.integers(-shapes.MAX_SCALED, shapes.MAX_SCALED)


@contextmanager
def opened_store(budget_bytes: int = 1 << 24) -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = away.open_store(Path(folder), budget_bytes)
        yield store
        store.close()


@st.composite
def channels(draw: st.DrawFn) -> list[list[int]]:
    """Each (slot, quantity) once; with a value or without."""
    names = draw(st.lists(st.tuples(st.integers(0, 15), st.sampled_from(sorted(quantities.BY_ID))), max_size=6, unique=True))
    rows = []
    for slot, quantity in names:
        if draw(st.booleans()):
            least, mean, greatest = sorted(draw(st.lists(_SCALED, min_size=3, max_size=3)))
            rows.append([slot, quantity, draw(st.sampled_from(sorted(quality.VALUED))), draw(st.integers(1, 1000)), mean, least, greatest])
        else:
            rows.append([slot, quantity, draw(st.sampled_from(_WITHOUT_A_VALUE)), 0])
    return rows


@st.composite
def fields(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """(type, an item as a node writes it), but for its number."""
    kind = draw(st.sampled_from(sorted(messages.ITEM_TYPES)))
    told: dict[str, Any] = {"s": draw(_UPTIMES)}
    if draw(st.booleans()):
        told |= {"u": away.START_MS + told["s"] + draw(st.integers(-5000, 5000)), "e": draw(st.integers(0, 10_000))}
    if kind == messages.REPORT:
        told |= {"d": draw(st.integers(1, 3_600_000)), "c": draw(st.integers(0, values.MAX_SEQ)), "ch": draw(channels())}
    elif kind == messages.EVENT:
        told |= {
            "k": draw(st.text(min_size=1, max_size=40)),
            "a": draw(_PARTICULARS),
        }
    elif kind == messages.APPLIED:
        told |= {"c": draw(st.integers(0, 9)), "ok": draw(st.booleans()), "f": draw(st.lists(st.text(max_size=40), max_size=3))}
    else:
        told |= {"hw": "esp32", "fw": draw(st.text(min_size=1, max_size=20)), "mp": "1.25", "c": 0, "rc": "power_on", "sn": []}
    return kind, told


@st.composite
def points(draw: st.DrawFn) -> list[Point]:
    moments = sorted(draw(st.sets(st.integers(0, 240), max_size=6)))
    return [_point(away.START_MS + 3_600_000 * hour, draw(st.sampled_from((FIX, NO_FIX, SILENT, ENDED)))) for hour in moments]


def _point(at_ms: int, kind: Any) -> Point:
    return Point(at_ms, kind, -899_999_999, 1_234_567_890, 3000, "gps", 90) if kind == FIX else Point(at_ms, kind)


def commit(store: Store, written: list[tuple[str, dict[str, Any]]]) -> list[Row]:
    """The way of a message through the gateway, from the bytes of the node."""
    rows = []
    for seq, (kind, told) in enumerate(written):
        found = read_node_item(NODE, away.BOOT, kind, messages.write({"q": seq, **told}), NOW_MS)
        assert isinstance(found, tuple), found
        rows.append(found[0])
    store.buffer.commit(rows, [], NOW_MS)
    return rows


def read(batch: Batch) -> tuple[list[Item], list[Any], list[Any]]:
    """By the fleet: items, anchors, dropped ranges, of which none may be bad."""
    found = read_batch(gzip.decompress(ingest_body(batch)))
    bad = [item.detail for item in found.items if isinstance(item, BadItem)]
    assert not bad
    assert None not in (*found.anchors, *found.dropped)
    assert not [item for item in found.items if isinstance(item, Item) and item.position is False], "a position that the fleet refuses"
    return [item for item in found.items if isinstance(item, Item)], found.anchors, found.dropped


@settings(deadline=None)  # a file of its own for each
@given(st.lists(fields(), min_size=1, max_size=8), points(), st.sets(st.integers(100, 130), max_size=9))
def test_the_fleet_reads_whatever_the_gateway_writes(written: list[tuple[str, dict[str, Any]]], track: list[Point], lost: set[int]) -> None:
    with opened_store() as store:
        store.track.add(track)
        store.delivery.record_gaps([(NODE, away.BOOT, seq) for seq in lost], "budget", NOW_MS, reported=False)
        rows = {row.seq: row for row in commit(store, written)}
        batch = store.outbox.next_batch(1000, 1 << 20, extras=True)
        items, anchors, dropped = read(batch)
    waiting = {one.row.seq: one for one in batch.items}
    assert {item.seq for item in items} == set(rows)
    for item in items:
        row, dated = rows[item.seq], waiting[item.seq].dated
        assert (item.node, item.boot, item.kind, item.body) == (row.node, row.boot, row.kind, row.body)
        assert (item.arrived_ms, item.uptime_ms) == (row.arrived_ms, row.uptime_ms)
        assert (HOW_KEYS[item.how], item.start_ms, item.error_ms) == (dated.how, dated.start_ms, dated.error_ms)
        assert (item.position is None) == (waiting[item.seq].position is None)
    assert [(a.node, a.boot, a.offset_ms, a.error_ms) for a in anchors] == batch.anchors
    assert [(d.node, d.boot, d.first, d.last, d.why) for d in dropped] == [gap[1:] for gap in batch.gaps]
    assert {seq for one in dropped for seq in range(one.first, one.last + 1)} == lost


def test_the_fleet_reads_the_summaries_of_a_gateway_that_had_to_thin() -> None:
    with opened_store() as store:
        away.live(store, nodes=1, hours=2)
        assert store.eviction.thinning.thin_reports(away.START_MS + 4 * 3_600_000)
        batch = store.outbox.next_batch(1000, 4 << 20, extras=True)
        items, _, dropped = read(batch)
    summaries = [item for item in items if item.fields and item.fields["k"] == "summary"]
    assert summaries
    assert sum(item.fields["a"]["reports"] for item in summaries if item.fields) == sum(one.last - one.first + 1 for one in dropped)


async def _answer(district: District, batch: Batch) -> dict[str, Any]:
    headers = {
        device_api.AUTHORIZATION_HEADER: device_api.TOKEN_SCHEME + district.gateway_token,
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    response = await district.client.post(device_api.PREFIX + device_api.INGEST, content=ingest_body(batch), headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_the_gateway_reads_whatever_the_fleet_answers(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    async with open_district(state) as district:
        await district.add_gateway("g-2")
        await district.add_node("n-2", "g-2")
        with opened_store() as store:
            rows = [away.reading(node, seq) for node in ("n-1", "n-2", "n-9") for seq in range(2)]
            broken = Row("n-1", away.BOOT, 9, messages.REPORT, NOW_MS, 0, 10, None, None, b'{"q":9}')
            store.buffer.commit([*rows, broken], [], NOW_MS)
            store.delivery.record_gaps([(NODE, away.BOOT, 50)], "budget", NOW_MS, reported=False)
            batch = store.outbox.next_batch(1000, 1 << 20, extras=True)
            answer = await _answer(district, batch)
            verdicts = read_verdicts(answer, len(batch.items))
            by_item = {(one.row.node, one.row.seq): verdict for one, verdict in zip(batch.items, verdicts)}
            again = read_verdicts(await _answer(district, batch), len(batch.items))
            assert gaps_taken(answer, batch)
            counts = store.outbox.settle(batch, verdicts, gaps_taken=True, now_ms=NOW_MS)
    assert by_item["n-1", 0] == Verdict(device_api.ACCEPTED)
    assert by_item["n-2", 0] == Verdict(device_api.REFUSED, device_api.NOT_OF_THIS_GATEWAY)
    assert by_item["n-9", 0] == Verdict(device_api.REFUSED, device_api.UNKNOWN_NODE)
    assert by_item["n-1", 9].reason.startswith(device_api.BAD_ITEM + " body")
    assert again[0] == Verdict(device_api.DUPLICATE)
    assert (counts["items.forwarded"], counts["items.refused_by_fleet"]) == (2, 5)


@given(st.lists(st.sampled_from([*device_api.COMMITTED, *device_api.ITEM_REFUSALS]), max_size=9), st.integers(-1, 1))
def test_a_verdict_is_read_for_each_item_or_for_none(words: list[str], more: int) -> None:
    results = [_result(word) for word in words]
    document = json.loads(ingest.IngestAnswer(results=results, dropped=0, utc_ms=1).model_dump_json(exclude_none=True))
    if more:
        with pytest.raises(FleetError):
            read_verdicts(document, len(words) + more)
    else:
        assert [verdict.reason or verdict.status for verdict in read_verdicts(document, len(words))] == words


def _result(word: str) -> ingest.IngestResult:
    if word in device_api.COMMITTED:
        return ingest.IngestResult(status=word)
    return ingest.IngestResult(status=device_api.REFUSED, reason=word)


async def test_the_fleet_accepts_the_report_of_a_document_with_the_longest_faults(tmp_path: Path) -> None:
    async with desired_box.started(tmp_path) as box:
        for answer in (
            desired_box.answer(2, rules=[{"id": "r" * 5000}]),
            desired_box.answer(3, *[{"node": "N"}] * 500),
        ):
            with pytest.raises(DesiredError):
                await box.desired.take(answer)
            document = {**box.desired.outcome, keys.COUNTERS: Counters().all()}
            report = reports.ReportedRequest.model_validate_json(json.dumps(document))
            assert (report.state, bool(report.faults)) == (device_api.REFUSED, True)


def test_the_fleet_accepts_as_many_of_the_longest_log_lines_as_the_gateway_sends_at_once() -> None:
    logs = NodeLogs(10_000, Counters())
    for _ in range(10_000):
        logs.add(LogLine(NODE, away.BOOT, 0, "x" * 400), NOW_MS)
    body = json.dumps({keys.LINES: logs.pop_batch()})
    assert len(body) < device_api.MAX_BODY_BYTES
    assert reports.LogsRequest.model_validate_json(body).lines
