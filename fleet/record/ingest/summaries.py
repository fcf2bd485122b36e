"""Summaries of reports that a gateway had to thin: events of its station that give values to the series of the node they are about.

The value keeps the boot and number of the event, which is where its detail stands; the ledger of the node's own boot learns from the
dropped ranges that the reports themselves will not come.
"""

from typing import Any

from air.statistics.summaries import SUMMARY_EVENT, channel_values, is_summary
from contract import messages
from fleet.record.ingest.items import Item
from fleet.record.ingest.series import SeriesView

_MOST_N = (1 << 31) - 1  # of tables.value.n


def is_summary_event(item: Item) -> bool:
    return item.kind == messages.EVENT and item.fields is not None and item.fields["k"] == SUMMARY_EVENT


def node_of(item: Item) -> str | None:
    """None when the particulars are not those of a summary."""
    particulars = item.fields["a"] if item.fields else {}
    return str(particulars["node"]) if is_summary(particulars) else None


def span_of(item: Item) -> tuple[int, int, int]:
    """When what is summed up began, when its boot began, and how well that is known."""
    assert item.fields is not None
    particulars = item.fields["a"]
    start_ms = particulars["start_ms"]
    return start_ms, start_ms - particulars["uptime_ms"], particulars["error_ms"]


def value_rows(item: Item, boot_id: int, how: int, series: SeriesView) -> list[tuple[Any, ...]]:
    """In the order of tables.value. `boot_id`: of the station."""
    assert item.fields is not None
    particulars = item.fields["a"]
    start_ms, duration_ms = particulars["start_ms"], particulars["duration_ms"]
    rows: list[tuple[Any, ...]] = []
    for channel in channel_values(particulars):
        series_id = series.id_at(particulars["node"], start_ms, channel.slot, channel.quantity)
        summary = channel.summary
        numbers = (min(summary.n, _MOST_N), summary.mean, summary.minimum, summary.maximum) if summary else (0, None, None, None)
        rows.append((series_id, start_ms, boot_id, item.seq, duration_ms, channel.quality, *numbers, how, particulars["error_ms"]))
    return rows
