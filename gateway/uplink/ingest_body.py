"""The body of POST ingest, and the reading of its answer. Pure. An item travels as the very bytes that its node wrote."""

import zlib
from typing import Any

import msgspec

from gateway.errors import FleetError
from gateway.store.delivery.batch import Batch, BatchItem, Verdict

# Nearly every verdict is one of these two, of which nobody asks the reason.
_TAKEN = {status: Verdict(status) for status in ("accepted", "duplicate")}
_GZIP_LEVEL = 3
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_ENCODER = msgspec.json.Encoder()


def ingest_body(batch: Batch) -> bytes:
    """gzip of {"items", "anchors", "dropped"}; the last two are left out when there is nothing to tell."""
    document: dict[str, Any] = {"items": [_item(waiting) for waiting in batch.items]}
    if batch.anchors:
        document["anchors"] = [{"node": n, "boot": b, "offset_ms": offset, "error_ms": error} for n, b, offset, error in batch.anchors]
    if batch.gaps:
        document["dropped"] = [{"node": n, "boot": b, "from": first, "to": last, "why": why} for _, n, b, first, last, why in batch.gaps]
    return zlib.compress(_ENCODER.encode(document), _GZIP_LEVEL, _GZIP_WINDOW)


def read_verdicts(answer: dict[str, Any], count: int) -> list[Verdict]:
    """One for each item. Raises FleetError when the answer does not account for each."""
    results = answer.get("results")
    if not isinstance(results, list) or len(results) != count:
        raise FleetError(f"answer does not account for each of {count} items")
    return [_verdict(result) for result in results]


def gaps_taken(answer: dict[str, Any], batch: Batch) -> bool:
    """Only a fleet that says that it has recorded what was dropped has done so; until then it is told again."""
    return answer.get("dropped") == len(batch.gaps)


def _item(waiting: BatchItem) -> dict[str, Any]:
    row, dated = waiting.row, waiting.dated
    told = {
        "node": row.node,
        "boot": row.boot,
        "seq": row.seq,
        "kind": row.kind,
        "arrived_ms": row.arrived_ms,
        "time": {"how": dated.how, "start_ms": dated.start_ms, "error_ms": dated.error_ms},
        "body": msgspec.Raw(row.body),
    }
    return told if waiting.position is None else told | {"position": waiting.position}


def _verdict(result: Any) -> Verdict:
    status = result.get("status") if isinstance(result, dict) else None
    if status == "refused":
        reason = " ".join(str(result[key]) for key in ("reason", "detail") if result.get(key))
        return Verdict(status, reason[:200])
    taken = _TAKEN.get(status) if isinstance(status, str) else None
    if taken is None:
        raise FleetError(f"answer has an unknown status: {str(result)[:100]}")
    return taken
