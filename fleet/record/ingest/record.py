"""One ingest request, written: items, values, ledgers, dropped ranges, what nodes report of their settings, refusals.

Runs within a transaction that the caller commits; the answer may be sent only after that. Knows the order of things: which gateway delivers
for a node, then duplicates, then rows. Does not depend on HTTP and JSON.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from contract import messages
from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.devices.gateways import mark_delivered
from fleet.record import tables
from fleet.record.aggregates import due
from fleet.record.ingest import dropped, events, node_reports, summaries
from fleet.record.ingest.boots import BootBook
from fleet.record.ingest.events import Origin, RecordAlarm
from fleet.record.ingest.hellos import Greeting, record_hellos
from fleet.record.ingest.items import Anchor, BadItem, Batch, Item, Tombstone
from fleet.record.ingest.ledger import Ledger
from fleet.record.ingest.redate import newest_repairable_ms, redate
from fleet.record.ingest.series import SeriesView, channel_key
from fleet.record.ingest.tenure import Tenure, tenures_of
from fleet.record.refusals import count_refusals
from fleet.store.dialect import insert_tuples
from fleet.store.storable import storable

# Of a boot of which no time is known: it is dated after no other.
NEVER_MS = 0

Result = dict[str, str]
ACCEPTED: Result = {keys.STATUS: device_api.ACCEPTED}
DUPLICATE: Result = {keys.STATUS: device_api.DUPLICATE}


@dataclass(frozen=True)
class Delivery:
    """clock_skew_ms: by how much the clock of the site is ahead of ours, None where it is not known."""

    gateway: str
    batch: Batch
    now_ms: int
    clock_skew_ms: int | None = None


def record(connection: Connection, delivery: Delivery, series: SeriesView, record_alarm: RecordAlarm) -> list[Result]:
    """One result for each item, in order."""
    return _Recording(connection, delivery, series, record_alarm).run()


class _Recording:
    def __init__(self, connection: Connection, delivery: Delivery, series: SeriesView, record_alarm: RecordAlarm) -> None:
        self._connection = connection
        self._delivery = delivery
        self._series = series
        self._record_alarm = record_alarm
        self._book = BootBook(connection, delivery.now_ms, partial(_arrived_ms, delivery.batch))
        self._tenures: dict[str, Tenure] = {}
        self._items: list[tuple[Any, ...]] = []
        self._values: list[tuple[Any, ...]] = []
        self._positions: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []
        self._accepted: list[tuple[Item, Ledger]] = []
        self._hellos: list[Greeting] = []
        self._dropped: list[tuple[Tombstone, Ledger]] = []
        self._refusals: Counter[str] = Counter()
        self._details: dict[str, str] = {}

    def run(self) -> list[Result]:
        batch = self._delivery.batch
        self._series.load(_nodes(batch))
        self._tenures = {
            node: tenure if tenure.ended_ms is None else self._of_before(node, tenure)
            for node, tenure in tenures_of(self._delivery.gateway, self._series.deployments).items()
        }
        self._book.load({(named.node, named.boot) for named in _named(batch) if named.node in self._tenures})
        for anchor in batch.anchors:
            self._accept_anchor(anchor)
        results = [self._judge(item) for item in batch.items]
        self._count_bad_items()
        for tombstone in batch.dropped:
            self._accept_tombstone(tombstone)
        self._write()
        return results

    def _of_before(self, node: str, tenure: Tenure) -> Tenure:
        return replace(tenure, handed_over_ms=self._book.handed_over_ms(node, tenure.stays[-1].id))

    def _write(self) -> None:
        insert_tuples(self._connection, tables.item, self._items)
        insert_tuples(self._connection, tables.value, self._values)
        due.mark_periods(self._connection, ((row[0], row[1], row[4]) for row in self._values))
        insert_tuples(self._connection, tables.position, self._positions)
        insert_tuples(self._connection, tables.event, self._events)
        dropped.record_dropped(self._connection, self._dropped)
        node_reports.record_reports(self._connection, self._accepted)
        self._book.save()
        record_hellos(self._connection, self._delivery.gateway, self._delivery.now_ms, self._hellos)
        count_refusals(self._connection, self._delivery.gateway, self._refusals, self._details, self._delivery.now_ms)
        mark_delivered(self._connection, self._delivery.gateway, self._delivery.now_ms, self._delivery.clock_skew_ms)

    def _judge(self, item: Item | BadItem) -> Result:
        if isinstance(item, BadItem):
            return self._refuse(device_api.BAD_ITEM, item.detail)
        tenure = self._tenures.get(item.node)
        if tenure is None:
            return self._refuse(
                device_api.NOT_OF_THIS_GATEWAY if item.node in self._series.deployments else device_api.UNKNOWN_NODE, item.node
            )
        known = self._book.known(item.node, item.boot)
        if known and not self._book.is_new(known, item.seq):
            known.duplicates += 1
            return DUPLICATE
        if not _is_of(tenure, item, known or Ledger(0, item.node, item.boot)):
            return self._refuse(device_api.NOT_OF_THIS_GATEWAY, item.node)
        ledger = self._open(tenure, item.node, item.boot, item.start_ms, item.error_ms)
        self._accept(item, ledger)
        if tenure.handed_over_ms is None:
            self._accepted.append((item, ledger))
        return ACCEPTED

    def _open(self, tenure: Tenure, node: str, boot: str, at_ms: int, error_ms: int = 0) -> Ledger:
        return self._book.open(node, boot, at_ms - error_ms, tenure.stay_at(at_ms), tenure.ended_ms is not None)

    def _count_bad_items(self) -> None:
        # After all others: one of them may be the first that is heard of the boot.
        for item in self._delivery.batch.items:
            if isinstance(item, BadItem):
                ledger = self._book.known(item.node, item.boot)
                if ledger:
                    ledger.refused += 1

    def _accept(self, item: Item, ledger: Ledger) -> None:
        how, start_ms, error_ms = dating = ledger.date(item.how, item.start_ms, item.error_ms, item.uptime_ms)
        ledger.accept(item.seq, start_ms)
        original = (None, None) if how == item.how else (item.start_ms, item.error_ms)
        self._items.append(
            (ledger.id, item.seq, item.kind, item.uptime_ms, item.arrived_ms, self._delivery.now_ms, *dating, *original, item.body)
        )
        if item.position is not None:
            self._accept_position(item, ledger.id)
        if item.report:
            self._add_values(item, ledger.id, how, start_ms, error_ms)
        elif item.kind == messages.HELLO and item.fields:
            ledger.reset_cause = storable(item.fields["rc"], 200)
            is_left = self._tenures[item.node].handed_over_ms is not None
            self._hellos.append(Greeting(item, start_ms, ledger, is_left))
        elif events.is_event(item):
            self._accept_event(item, ledger.id, how, start_ms)

    def _accept_event(self, item: Item, boot_id: int, how: int, start_ms: int) -> None:
        about, gateway = self._about(item, start_ms), self._delivery.gateway
        site = self._series.site_at(about or item.node, start_ms) or self._series.site_at(item.node, start_ms)
        self._events.append((boot_id, item.seq, start_ms, events.key_of(item), about, site, gateway))
        alarm = events.alarm_of(item)
        if alarm and item.node == gateway and site:
            if alarm.node and not self._speaks_of(alarm.node, alarm.moment_ms, alarm.since_ms):
                self._refuse(device_api.NOT_OF_THIS_GATEWAY, alarm.node)
            else:
                self._record_alarm(self._connection, Origin(gateway, site, self._delivery.now_ms), alarm)
        elif dropped.is_dropped_event(item):
            self._accept_tombstone(dropped.tombstone_of(item))
        elif summaries.is_summary_event(item):
            self._accept_summary(item, boot_id, how)

    def _about(self, item: Item, at_ms: int) -> str | None:
        """Only a gateway reports about others, and only about those that it speaks for."""
        about = events.about(item)
        if item.node == self._delivery.gateway and (about is None or self._speaks_of(about, at_ms, at_ms)):
            return about
        return item.node

    def _speaks_of(self, node: str, at_ms: int, began_ms: int, error_ms: int = 0) -> bool:
        tenure = self._tenures.get(node)
        return tenure is not None and tenure.counts(at_ms, began_ms, error_ms)

    def _accept_summary(self, item: Item, boot_id: int, how: int) -> None:
        # Kept like every event; only what the gateway itself reports of a node that it delivers for gives values to that node.
        node = summaries.node_of(item)
        if node is None or item.node != self._delivery.gateway or node not in self._tenures:
            self._refuse(device_api.BAD_SUMMARY, node or "not a summary")
        elif not self._speaks_of(node, *summaries.span_of(item)):
            self._refuse(device_api.NOT_OF_THIS_GATEWAY, node)
        else:
            self._values += summaries.value_rows(item, boot_id, how, self._series)

    def _add_values(self, item: Item, boot_id: int, how: int, start_ms: int, error_ms: int) -> None:
        assert item.report
        seq, duration_ms = item.seq, item.report.d
        ids = self._series.ids_at(item.node, start_ms)
        for c in item.report.ch:
            series_id = ids.get(channel_key(c.slot, c.quantity))
            if series_id is None:
                series_id = self._series.add(item.node, start_ms, c.slot, c.quantity)
                ids = self._series.ids_at(item.node, start_ms)
            self._values.append(
                (series_id, start_ms, boot_id, seq, duration_ms, c.quality, c.n, c.mean, c.least, c.greatest, how, error_ms)
            )

    def _accept_position(self, item: Item, boot_id: int) -> None:
        place = item.position
        if not place:
            self._refuse(device_api.BAD_POSITION, item.node)
        else:
            columns = (place.lat_e7, place.lon_e7, place.speed_mm_s, place.fix, place.hdop_x100, place.age_ms, place.why)
            self._positions.append((boot_id, item.seq, *columns))

    def _accept_anchor(self, anchor: Anchor | None) -> None:
        if anchor is None:
            self._refuse(device_api.BAD_ANCHOR, "not an anchor")
        elif (tenure := self._tenures.get(anchor.node)) is None:
            self._refuse(device_api.BAD_ANCHOR, anchor.node)
        elif tenure.ended_ms is not None and not self._may_redate(tenure, anchor):
            self._refuse(device_api.NOT_OF_THIS_GATEWAY, anchor.node)
        else:
            ledger = self._open(tenure, anchor.node, anchor.boot, anchor.offset_ms, anchor.error_ms)
            if ledger.accept_anchor(anchor.offset_ms, anchor.error_ms):
                redate(self._connection, ledger, self._series)

    def _may_redate(self, tenure: Tenure, anchor: Anchor) -> bool:
        known = self._book.known(anchor.node, anchor.boot)
        newest_ms = newest_repairable_ms(self._connection, known) if known else 0
        return tenure.counts(anchor.offset_ms + newest_ms, anchor.offset_ms, anchor.error_ms)

    def _accept_tombstone(self, tombstone: Tombstone | None) -> None:
        # A boot of which nothing is left but what was dropped is reported here for the first time.
        if tombstone is None:
            self._refuse(device_api.BAD_TOMBSTONE, "not a dropped range")
        elif (tenure := self._tenures.get(tombstone.node)) is None:
            self._refuse(device_api.BAD_TOMBSTONE, tombstone.node)
        elif not self._may_drop(tenure, tombstone):
            self._refuse(device_api.NOT_OF_THIS_GATEWAY, tombstone.node)
        else:
            self._dropped.append((tombstone, self._open(tenure, tombstone.node, tombstone.boot, NEVER_MS)))

    def _may_drop(self, tenure: Tenure, tombstone: Tombstone) -> bool:
        # A dropped range has no time. Of a boot that is known, it counts from the gateways that the boot can have been at.
        known = self._book.known(tombstone.node, tombstone.boot)
        return known is None or known.first_ms is None or tenure.counts(known.first_ms, known.first_ms, 0)

    def _refuse(self, reason: str, detail: str) -> Result:
        self._refusals[reason] += 1
        self._details[reason] = detail
        result = {keys.STATUS: device_api.REFUSED, keys.REASON: reason}
        return {**result, keys.DETAIL: detail} if reason == device_api.BAD_ITEM else result


def _is_of(tenure: Tenure, item: Item, ledger: Ledger) -> bool:
    """Whether the item, dated as its boot is, counts from the gateway that delivers it."""
    if tenure.ended_ms is None:
        return True
    _, start_ms, error_ms = ledger.date(item.how, item.start_ms, item.error_ms, item.uptime_ms)
    return tenure.counts(start_ms, start_ms - item.uptime_ms, error_ms)


def _arrived_ms(batch: Batch, node: str, boot: str) -> int | None:
    items = (item for item in batch.items if isinstance(item, Item) and (item.node, item.boot) == (node, boot))
    return min((item.arrived_ms for item in items), default=None)


def _named(batch: Batch) -> list[Item | BadItem | Anchor | Tombstone]:
    return [*batch.items, *(anchor for anchor in batch.anchors if anchor), *(tombstone for tombstone in batch.dropped if tombstone)]


def _nodes(batch: Batch) -> set[str]:
    names = {named.node for named in _named(batch)}
    return names | {events.about(item) or "" for item in batch.items if isinstance(item, Item) and events.is_event(item)}
