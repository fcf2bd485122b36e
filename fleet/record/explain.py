"""Why a value is what it is: what it was made of, who measured it with what, and how its time is known.

Values are kept as the sensor gave them, so that no calibration stands between what is shown here and what was reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from contract import messages, quantities
from contract.site import qualities
from contract.site.meanings import QUALITIES
from fleet.errors import NotFoundError
from fleet.record import bins_of_series, periods, raw_items, windows
from fleet.record.aggregates.reading import SeriesSpan
from fleet.record.bins_of_series import Steps
from fleet.record.came import came
from fleet.record.dating import HOW_KEYS
from fleet.record.installed import Installed, installed
from fleet.record.origins import origin_key, origin_of
from fleet.record.points import Point, aggregate_point
from fleet.record.raw_items import StoredItem
from fleet.record.tables import boot as boot_table
from fleet.record.units import in_unit
from fleet.record.windows import Window

# Of one moment; several where a boot was dated twice.
MOST_VALUES = 20
# Of a bin: runs of numbers of boots.
MOST_RUNS = 200
# A hello is among the first items of a boot.
_FIRST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Hello:
    """What the node said at the start of the boot. sensors: [slot, model, serial]."""

    board: str
    firmware: str
    interpreter: str
    settings_version: int
    reset_cause: str
    sensors: list[Any]


@dataclass(frozen=True, slots=True)
class OriginalTime:
    start_ms: int
    error_ms: int


@dataclass(frozen=True, slots=True)
class ExplainedValue:
    """node, slot: that measured. gateway: under which the node was then. reporter, boot, seq: of the item that says it, which of a summary
    is one of the gateway. original: how it was dated before its time was repaired. settings_version: in force when it was measured, null
    where the item does not say. body: of the item, exactly as it was written. received_ms: by our clock."""

    point: Point
    meaning: str
    node: str
    slot: int
    gateway: str | None
    sensor: Installed | None
    reporter: str
    boot: str
    seq: int
    kind: str | None
    arrived_ms: int | None
    received_ms: int | None
    original: OriginalTime | None
    settings_version: int | None
    hello: Hello | None
    body: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """Items of a boot, without a gap among those that count, by number."""

    reporter: str
    boot: str
    first: int
    last: int
    items: int


@dataclass(frozen=True, slots=True)
class Bin:
    """runs: what it was made of, the first MOST_RUNS; is_cut: there are more."""

    point: Point
    meaning: str
    runs: list[Run]
    is_cut: bool


def values(connection: Connection, site: str, quantity: int, position: int, at_ms: int) -> list[ExplainedValue]:
    """Those whose time contains the moment, the newest first. Raises NotFoundError where there is no such series."""
    held = _held(connection, site, quantity, position)
    rows = periods.rows_touching(connection, [held[0].series_id], at_ms, at_ms + 1)
    found = sorted((row for row in rows if row.start_ms <= at_ms < row.start_ms + max(1, row.duration_ms)), key=lambda row: -row.start_ms)
    return [_explained(connection, held, quantity, row) for row in found[:MOST_VALUES]]


def bin_of(connection: Connection, site: str, quantity: int, position: int, steps: Steps) -> Bin:
    """steps: one step of hours. Raises NotFoundError where there is no such series."""
    held = _held(connection, site, quantity, position)
    channel = {position: [SeriesSpan(held[0].series_id)]}
    made = bins_of_series.read(connection, channel, steps)[position].get(steps.from_ms)
    point = aggregate_point(quantity, held[-1].slot, steps.from_ms, steps.step_ms, made)
    rows = periods.rows_touching(connection, [held[0].series_id], steps.from_ms, steps.to_ms)
    runs = _runs(connection, (row for row in rows if row.start_ms + row.duration_ms > steps.from_ms))
    return Bin(point, QUALITIES[point.quality], runs[:MOST_RUNS], len(runs) > MOST_RUNS)


def _held(connection: Connection, site: str, quantity: int, position: int) -> list[Window]:
    held = windows.of_site(connection, site, quantity, position)
    if not held:
        raise NotFoundError("series", f"{site}, {quantities.key(quantity)}, position {position}")
    return held


def _explained(connection: Connection, held: list[Window], quantity: int, row: Any) -> ExplainedValue:
    window = next((one for one in held if one.contains(row.start_ms)), held[-1])
    reporter = connection.execute(select(boot_table.c.node_id, boot_table.c.boot).where(boot_table.c.id == row.boot_id)).one()
    item = _item(connection, reporter.node_id, reporter.boot, row.seq)
    origin = origin_of(came(connection, [(row.boot_id, row.seq)]).get((row.boot_id, row.seq)), row.start_ms + row.duration_ms, row.error_ms)
    mean, least, greatest = (in_unit(quantity, number) for number in (row.mean, row.least, row.greatest))
    point = Point(
        window.slot, row.start_ms, row.duration_ms, mean, least, greatest, row.n, qualities.KEYS[row.quality], HOW_KEYS[row.how],
        row.error_ms, origin_key(origin),
    )  # fmt: skip
    (sensors,) = installed(connection, [window], row.start_ms, row.start_ms + 1)
    fields = msgspec.json.decode(item.body) if item else {}
    return ExplainedValue(
        point=point,
        meaning=QUALITIES[point.quality],
        node=window.node,
        slot=window.slot,
        gateway=windows.gateway_at(connection, window.node, row.start_ms),
        sensor=sensors[0] if sensors else None,
        reporter=reporter.node_id,
        boot=reporter.boot,
        seq=row.seq,
        kind=item.kind if item else None,
        arrived_ms=item.arrived_ms if item else None,
        received_ms=item.received_ms if item else None,
        original=OriginalTime(*item.original) if item and item.original else None,
        settings_version=fields.get("c") if item and item.kind == messages.REPORT else None,
        hello=_hello(connection, reporter.node_id, reporter.boot),
        body=item.body.decode() if item else None,
    )


def _item(connection: Connection, node: str, boot: str, seq: int) -> StoredItem | None:
    found = raw_items.read(connection, node, boot, seq, 1).items
    return found[0] if found and found[0].seq == seq else None


def _hello(connection: Connection, node: str, boot: str) -> Hello | None:
    for item in raw_items.read(connection, node, boot, 0, _FIRST_ITEMS).items:
        if item.kind == messages.HELLO:
            said = msgspec.json.decode(item.body)
            return Hello(said["hw"], said["fw"], said["mp"], said["c"], said["rc"], said["sn"])
    return None


def _runs(connection: Connection, rows: Iterable[Any]) -> list[Run]:
    keys = sorted({(row.boot_id, row.seq) for row in rows})
    ids = {boot_id for boot_id, _ in keys}
    names = {row.id: row for row in connection.execute(select(boot_table).where(boot_table.c.id.in_(ids)))}
    found: list[Run] = []
    before: tuple[int, int] | None = None
    for boot_id, seq in keys:
        if before == (boot_id, seq - 1):
            found[-1] = Run(found[-1].reporter, found[-1].boot, found[-1].first, seq, found[-1].items + 1)
        else:
            found.append(Run(names[boot_id].node_id, names[boot_id].boot, seq, seq, 1))
        before = boot_id, seq
    return found
