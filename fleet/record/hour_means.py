"""The mean of the last hour of PM2.5 of several nodes, where the hour is known well enough."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from contract import quality, quantities
from contract.site.display_names import FIRST
from fleet.record import windows
from fleet.record.tables import value

HOUR_MS = 3_600_000
# Of usable values in the hour: what GB 3095-2026, table 4, asks of the hourly means of gases.
LEAST_MS = 45 * 60_000
DUST = FIRST[0]


@dataclass(frozen=True, slots=True)
class HourMean:
    """In ug/m3."""

    slot: int
    mean: float


def of_dust(connection: Connection, nodes: Collection[str], now_ms: int) -> dict[str, list[HourMean]]:
    """By node, a mean of each of its sensors; none where the sensor is newer than the hour, or too little of it is usable."""
    begin_ms = now_ms - HOUR_MS
    if not nodes:
        return {}
    found: dict[str, list[HourMean]] = {}
    for code in (quantities.ID[key] for key in DUST):
        held = [window for window in windows.of_nodes(connection, code, list(nodes)) if window.to_ms is None and not window.outside]
        by_series = {window.series_id: window for window in held if window.from_ms <= begin_ms}
        for series_id, mean in _means(connection, by_series.keys(), begin_ms, now_ms).items():
            window = by_series[series_id]
            found.setdefault(window.node, []).append(HourMean(window.slot, mean / quantities.scale(code)))
    return found


def _means(connection: Connection, series: Collection[int], begin_ms: int, end_ms: int) -> dict[int, float]:
    weight = value.c.duration_ms * 1.0
    query = (
        select(value.c.series_id, (func.sum(value.c.mean * weight) / func.sum(weight)).label("mean"))
        .where(value.c.series_id.in_(series), value.c.start_ms >= begin_ms, value.c.start_ms < end_ms)
        .where(value.c.quality.in_(quality.USABLE), value.c.mean.is_not(None))
        .group_by(value.c.series_id)
        .having(func.sum(weight) >= LEAST_MS)
    )
    return {row.series_id: row.mean for row in connection.execute(query)}
