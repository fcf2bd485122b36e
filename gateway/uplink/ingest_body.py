"""The body of POST ingest, and the reading of its answer (contract/site/device_api.py). Pure.

An item keeps the bytes that its node wrote.
"""

import zlib
from typing import Any

import msgspec

from contract.site import device_api
from contract.site import device_api_keys as keys
from gateway.errors import AnswerError
from gateway.store.delivery.batch import Batch, BatchItem, Verdict

# Nearly every verdict is one of these two, which have no reason.
_COMMITTED = {status: Verdict(status) for status in device_api.COMMITTED}
_GZIP_LEVEL = 3
_MOST_REASON = 200  # characters
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_ENCODER = msgspec.json.Encoder()


def ingest_body(batch: Batch) -> bytes:
    """gzip of a batch (device_api_keys.BATCH); anchors and dropped ranges are absent when there are none."""
    document: dict[str, Any] = {keys.ITEMS: [_item(waiting) for waiting in batch.items]}
    if batch.anchors:
        document[keys.ANCHORS] = [dict(zip(keys.ANCHOR, anchor, strict=True)) for anchor in batch.anchors]
    if batch.gaps:
        document[keys.DROPPED] = [dict(zip(keys.DROPPED_RANGE, dropped_range, strict=True)) for _, *dropped_range in batch.gaps]
    return zlib.compress(_ENCODER.encode(document), _GZIP_LEVEL, _GZIP_WINDOW)


def read_verdicts(answer: dict[str, Any], count: int) -> list[Verdict]:
    """One for each item. Raises AnswerError when the answer does not account for each."""
    results = answer.get(keys.RESULTS)
    if not isinstance(results, list) or len(results) != count:
        raise AnswerError("does not account for each item")
    return [_verdict(result) for result in results]


def gaps_taken(answer: dict[str, Any], batch: Batch) -> bool:
    """Whether the fleet has acknowledged the dropped ranges; until then they are sent again."""
    return answer.get(keys.DROPPED) == len(batch.gaps)


def _item(waiting: BatchItem) -> dict[str, Any]:
    row, dated = waiting.row, waiting.dated
    item = {
        keys.NODE: row.node,
        keys.BOOT: row.boot,
        keys.SEQ: row.seq,
        keys.KIND: row.kind,
        keys.ARRIVED_MS: row.arrived_ms,
        keys.TIME: {keys.HOW: dated.how, keys.START_MS: dated.start_ms, keys.ERROR_MS: dated.error_ms},
        keys.BODY: msgspec.Raw(row.body),
    }
    return item if waiting.position is None else item | {keys.POSITION: waiting.position}


def _verdict(result: Any) -> Verdict:
    status = result.get(keys.STATUS) if isinstance(result, dict) else None
    if status == device_api.REFUSED:
        reason = " ".join(str(result[key]) for key in (keys.REASON, keys.DETAIL) if result.get(key))
        return Verdict(status, reason[:_MOST_REASON])
    committed = _COMMITTED.get(status) if isinstance(status, str) else None
    if committed is None:
        raise AnswerError("has an unknown status of an item")
    return committed
