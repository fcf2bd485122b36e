"""Repairing the times of a boot that is already stored, when an anchor explains them. What was believed first is kept.

Only items dated by bounds, or by an earlier repair, are touched, and only where the anchor is better than that.
"""

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, update

from fleet.record.dating import HOW_BOUNDS, HOW_REPAIRED
from fleet.record.ingest.ledger import Ledger
from fleet.record.tables import item, series, value

_REPAIRABLE = (HOW_BOUNDS, HOW_REPAIRED)


def redate(connection: Connection, ledger: Ledger) -> None:
    """By the anchor that the ledger has taken. Corrects the span of the ledger too."""
    offset_ms, error_ms = ledger.anchor_offset_ms, ledger.anchor_error_ms
    assert offset_ms is not None and error_ms is not None
    loose = and_(item.c.boot_id == ledger.id, item.c.how.in_(_REPAIRABLE), item.c.error_ms > error_ms)
    span = connection.execute(select(func.min(item.c.start_ms), func.max(item.c.start_ms)).where(loose)).one()
    if span[0] is None:
        return
    _redate_values(connection, ledger, offset_ms, error_ms, (span[0], span[1]))
    new_start = _not_negative(item.c.uptime_ms + offset_ms)
    changed = {
        "original_start_ms": func.coalesce(item.c.original_start_ms, item.c.start_ms),
        "original_error_ms": func.coalesce(item.c.original_error_ms, item.c.error_ms),
        "start_ms": new_start,
        "error_ms": error_ms,
        "how": HOW_REPAIRED,
    }
    connection.execute(update(item).where(loose).values(changed))
    whole = select(func.min(item.c.start_ms), func.max(item.c.start_ms)).where(item.c.boot_id == ledger.id)
    ledger.first_ms, ledger.last_ms = connection.execute(whole).one()


def _redate_values(connection: Connection, ledger: Ledger, offset_ms: int, error_ms: int, span: tuple[int, int]) -> None:
    # Found through the series of the node and the old span, so that values need no index of their own for this.
    of_node = select(series.c.id).where(series.c.node_id == ledger.node)
    uptime = select(item.c.uptime_ms).where(item.c.boot_id == value.c.boot_id, item.c.seq == value.c.seq).scalar_subquery()
    loose = and_(
        value.c.series_id.in_(of_node),
        value.c.start_ms.between(*span),
        value.c.boot_id == ledger.id,
        value.c.how.in_(_REPAIRABLE),
        value.c.error_ms > error_ms,
    )
    changed = {"start_ms": _not_negative(uptime + offset_ms), "error_ms": error_ms, "how": HOW_REPAIRED}
    connection.execute(update(value).where(loose).values(changed))


def _not_negative(moment_ms: ColumnElement[int]) -> ColumnElement[int]:
    return case((moment_ms < 0, 0), else_=moment_ms)
