"""Series as CSV in long form: a row a value, or why there is none.

site, node, position (of the site), slot (of the node), quantity, unit; time (ISO 8601 in the zone that the head names), time_ms,
duration_ms; time_known (node, anchor, bounds; empty of a bin) and time_error_ms; value, min, max in the unit, empty where there is only a
quality; n readings; quality; completeness (of a bin: the share of its time with usable values); origin (how it came:
live, spooled, buffered, summary, mixed).
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import tzinfo
from typing import Any, NamedTuple

from fleet.http.times import text_of
from fleet.record.points import Point

_NAMES = ("site", "node", "position", "slot", "quantity", "unit", "time", "time_ms", "duration_ms", "time_known", "time_error_ms",
          "value", "min", "max", "n", "quality", "completeness", "origin")  # fmt: skip
NOT_MEASURED = "not_measured"


class Channel(NamedTuple):
    """What the points of a stretch have in common."""

    site: str
    node: str
    position: int | None
    quantity: str
    unit: str


def head(zone_name: str) -> str:
    return text([[f"time ({zone_name})" if name == "time" else name for name in _NAMES]])


def lines(written: Iterable[Iterable[Any]]) -> str:
    """The same rows as NDJSON: each an object with the names of the columns, null where a column is empty."""
    return "".join(json.dumps(dict(zip(_NAMES, row)), ensure_ascii=False, separators=(",", ":")) + "\n" for row in written)


def rows(channel: Channel, points: Iterable[Point], zone: tzinfo) -> list[list[Any]]:
    return [_row(channel, point, zone) for point in points]


def no_data(channel: Channel, slot: int, from_ms: int, to_ms: int, zone: tzinfo) -> list[Any]:
    """Of a channel that exists and of which nothing came in the whole span."""
    return _row(channel, Point(slot, from_ms, to_ms - from_ms, None, None, None, 0, NOT_MEASURED, None, 0), zone)


def text(written: Iterable[Iterable[Any]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(written)
    return stream.getvalue()


def _row(channel: Channel, point: Point, zone: tzinfo) -> list[Any]:
    time = (text_of(point.start_ms, zone), point.start_ms, point.duration_ms, point.how, point.error_ms)
    numbers = (point.value, point.min, point.max, point.n, point.quality, point.completeness, point.origin)
    return [channel.site, channel.node, channel.position, point.slot, channel.quantity, channel.unit, *time, *numbers]
