"""Repairing the times of a boot that is already stored, when an anchor explains them. What was believed first is kept.

Only items dated by bounds, or by an earlier repair, are touched, and only where the anchor is better than that. A value whose new
time belongs to another deployment goes to the series of that.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, select, update

from fleet.places.deployments import has_one_place
from fleet.places.tables import deployment, slot_position
from fleet.record.aggregates import due
from fleet.record.dating import HOW_BOUNDS, HOW_REPAIRED
from fleet.record.ingest.ledger import Ledger
from fleet.record.ingest.series import SeriesView
from fleet.record.tables import event, item, series, value

_REPAIRABLE = (HOW_BOUNDS, HOW_REPAIRED)
_KEY = ("series_id", "start_ms", "boot_id", "seq")


def redate(connection: Connection, ledger: Ledger, view: SeriesView) -> None:
    """By the anchor that the ledger has accepted. Corrects the span of the ledger too."""
    offset_ms, error_ms = ledger.anchor_offset_ms, ledger.anchor_error_ms
    assert offset_ms is not None and error_ms is not None
    loose = and_(item.c.boot_id == ledger.id, item.c.how.in_(_REPAIRABLE), item.c.error_ms > error_ms)
    span = connection.execute(select(func.min(item.c.start_ms), func.max(item.c.start_ms)).where(loose)).one()
    if span[0] is None:
        return
    loose_values = _loose_values(ledger, error_ms, (span[0], span[1]))
    due.mark_found(connection, due.spans_of(value.c.series_id, value.c.start_ms, value.c.duration_ms).where(loose_values))
    if has_one_place(view.deployments[ledger.node]):
        _redate_values(connection, loose_values, offset_ms, error_ms)
    else:
        _move_values(connection, ledger.node, loose_values, view, (offset_ms, error_ms))
    changed = {
        "original_start_ms": func.coalesce(item.c.original_start_ms, item.c.start_ms),
        "original_error_ms": func.coalesce(item.c.original_error_ms, item.c.error_ms),
        "start_ms": _not_negative(item.c.uptime_ms + offset_ms),
        "error_ms": error_ms,
        "how": HOW_REPAIRED,
    }
    connection.execute(update(item).where(loose).values(changed))
    _redate_events(connection, ledger, view)
    whole = select(func.min(item.c.start_ms), func.max(item.c.start_ms)).where(item.c.boot_id == ledger.id)
    ledger.first_ms, ledger.last_ms = connection.execute(whole).one()


def newest_repairable_ms(connection: Connection, ledger: Ledger) -> int:
    """The uptime of the newest item that an anchor could date anew; 0 where there is none."""
    loose = item.c.boot_id == ledger.id, item.c.how.in_(_REPAIRABLE)
    return connection.execute(select(func.max(item.c.uptime_ms)).where(*loose)).scalar() or 0


def _redate_events(connection: Connection, ledger: Ledger, view: SeriesView) -> None:
    same = (item.c.boot_id == event.c.boot_id) & (item.c.seq == event.c.seq)
    moved = select(event, item.c.start_ms.label("new_ms")).join(item, same)
    moved = moved.where(event.c.boot_id == ledger.id, event.c.start_ms != item.c.start_ms)
    changed = [
        {"of_boot": row.boot_id, "of_seq": row.seq, "start": row.new_ms, "site": view.site_at(row.node_id or "", row.new_ms) or row.site_id}
        for row in connection.execute(moved)
    ]
    if changed:
        one = update(event).where(event.c.boot_id == bindparam("of_boot"), event.c.seq == bindparam("of_seq"))
        connection.execute(one.values(start_ms=bindparam("start"), site_id=bindparam("site")), changed)


def _loose_values(ledger: Ledger, error_ms: int, span: tuple[int, int]) -> ColumnElement[bool]:
    # Found through the series of the node and the old span, so that values need no index of their own for this.
    return and_(
        value.c.series_id.in_(_series_of(ledger.node).with_only_columns(series.c.id)),
        value.c.start_ms.between(*span),
        value.c.boot_id == ledger.id,
        value.c.how.in_(_REPAIRABLE),
        value.c.error_ms > error_ms,
    )


def _series_of(node: str) -> Select[tuple[int, int, int]]:
    return (
        select(series.c.id, series.c.quantity, slot_position.c.slot)
        .join(deployment, deployment.c.site_id == series.c.site_id)
        .join(slot_position, (slot_position.c.deployment_id == deployment.c.id) & (slot_position.c.position == series.c.position))
        .where(deployment.c.node_id == node)
    )


def _redate_values(connection: Connection, loose: ColumnElement[bool], offset_ms: int, error_ms: int) -> None:
    uptime = select(item.c.uptime_ms).where(item.c.boot_id == value.c.boot_id, item.c.seq == value.c.seq).scalar_subquery()
    changed = {"start_ms": _not_negative(uptime + offset_ms), "error_ms": error_ms, "how": HOW_REPAIRED}
    same = (item.c.boot_id == value.c.boot_id) & (item.c.seq == value.c.seq)
    spans = due.spans_of(value.c.series_id, _not_negative(item.c.uptime_ms + offset_ms), value.c.duration_ms)
    due.mark_found(connection, spans.select_from(value.join(item, same)).where(loose))
    connection.execute(update(value).where(loose).values(changed))


def _move_values(connection: Connection, node: str, loose: ColumnElement[bool], view: SeriesView, anchor: tuple[int, int]) -> None:
    # Of a node that was replaced or replaces another: rare, and no more than one boot kept.
    offset_ms, error_ms = anchor
    channels = {row.id: (row.slot, row.quantity) for row in connection.execute(_series_of(node))}
    query = select(*(value.c[name].label(f"old_{name}") for name in _KEY), item.c.uptime_ms, value.c.duration_ms)
    query = query.join(item, (item.c.boot_id == value.c.boot_id) & (item.c.seq == value.c.seq)).where(loose)
    changed, periods = [], []
    for row in connection.execute(query).all():
        start_ms = max(0, row.uptime_ms + offset_ms)
        series_id = view.id_at(node, start_ms, *channels[row.old_series_id])
        old = {f"old_{name}": getattr(row, f"old_{name}") for name in _KEY}
        changed.append({**old, "new_series_id": series_id, "new_start_ms": start_ms})
        periods.append((series_id, start_ms, row.duration_ms))
    if changed:
        moved = update(value).where(*(value.c[name] == bindparam(f"old_{name}") for name in _KEY))
        new: dict[str, Any] = {"series_id": bindparam("new_series_id"), "start_ms": bindparam("new_start_ms")}
        connection.execute(moved.values(**new, error_ms=error_ms, how=HOW_REPAIRED), changed)
        due.mark_periods(connection, periods)


def _not_negative(moment_ms: ColumnElement[int]) -> ColumnElement[int]:
    return case((moment_ms < 0, 0), else_=moment_ms)
