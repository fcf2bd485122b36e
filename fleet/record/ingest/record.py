"""One ingest request, written: items, values, ledgers, dropped ranges, what nodes report of their settings, refusals.

Runs within a transaction that the caller commits; the answer may be sent only after that. Knows the order of things: which gateway delivers
for a node, then duplicates, then rows. Does not depend on HTTP and JSON.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from contract import messages
from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.devices.gateways import mark_delivered
from fleet.record import tables
from fleet.record.ingest import dropped, events, node_reports, summaries
from fleet.record.ingest.alarms import record_alarm
from fleet.record.ingest.boots import BootBook
from fleet.record.ingest.items import Anchor, BadItem, Batch, Item, Tombstone
from fleet.record.ingest.ledger import Ledger
from fleet.record.ingest.redate import redate
from fleet.record.ingest.series import SeriesView, channel_key
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
    gateway: str
    batch: Batch
    now_ms: int


def record(connection: Connection, delivery: Delivery, series: SeriesView) -> list[Result]:
    """One result for each item, in order."""
    return _Recording(connection, delivery, series).run()


class _Recording:
    def __init__(self, connection: Connection, delivery: Delivery, series: SeriesView) -> None:
        self._connection = connection
        self._delivery = delivery
        self._series = series
        self._book = BootBook(connection, delivery.now_ms, self._arrived_ms)
        self._delivers: dict[str, bool] = {}
        self._items: list[tuple[Any, ...]] = []
        self._values: list[tuple[Any, ...]] = []
        self._positions: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []
        self._accepted: list[tuple[Item, Ledger]] = []
        self._dropped: list[tuple[Tombstone, Ledger]] = []
        self._refusals: Counter[str] = Counter()
        self._details: dict[str, str] = {}

    def run(self) -> list[Result]:
        batch = self._delivery.batch
        self._series.load(_nodes(batch))
        self._delivers = {
            # One that was moved away, or replaced, may still deliver what it holds.
            node: any(deployment.gateway == self._delivery.gateway for deployment in deployments)
            for node, deployments in self._series.deployments.items()
        }
        self._book.load({(named.node, named.boot) for named in _named(batch) if self._delivers.get(named.node)})
        for anchor in batch.anchors:
            self._accept_anchor(anchor)
        results = [self._judge(item) for item in batch.items]
        self._count_bad_items()
        for tombstone in batch.dropped:
            self._accept_tombstone(tombstone)
        self._write()
        return results

    def _write(self) -> None:
        insert_tuples(self._connection, tables.item, self._items)
        insert_tuples(self._connection, tables.value, self._values)
        insert_tuples(self._connection, tables.position, self._positions)
        insert_tuples(self._connection, tables.event, self._events)
        dropped.record_dropped(self._connection, self._dropped)
        node_reports.record_reports(self._connection, self._accepted)
        self._book.save()
        count_refusals(self._connection, self._delivery.gateway, self._refusals, self._details, self._delivery.now_ms)
        mark_delivered(self._connection, self._delivery.gateway, self._delivery.now_ms)

    def _judge(self, item: Item | BadItem) -> Result:
        if isinstance(item, BadItem):
            return self._refuse(device_api.BAD_ITEM, item.detail)
        if not self._delivers.get(item.node):
            return self._refuse(device_api.NOT_OF_THIS_GATEWAY if item.node in self._delivers else device_api.UNKNOWN_NODE, item.node)
        ledger = self._book.open(item.node, item.boot, item.start_ms - item.error_ms)
        if not self._book.is_new(ledger, item.seq):
            ledger.duplicates += 1
            return DUPLICATE
        self._accept(item, ledger)
        return ACCEPTED

    def _arrived_ms(self, node: str, boot: str) -> int | None:
        items = (item for item in self._delivery.batch.items if isinstance(item, Item) and (item.node, item.boot) == (node, boot))
        return min((item.arrived_ms for item in items), default=None)

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
        self._accepted.append((item, ledger))
        if item.position is not None:
            self._accept_position(item, ledger.id)
        if item.report:
            self._add_values(item, ledger.id, how, start_ms, error_ms)
        elif item.kind == messages.HELLO and item.fields:
            ledger.reset_cause = storable(item.fields["rc"], 200)
        elif events.is_event(item):
            self._accept_event(item, ledger.id, how, start_ms)

    def _accept_event(self, item: Item, boot_id: int, how: int, start_ms: int) -> None:
        about, gateway = self._about(item), self._delivery.gateway
        site = self._series.site_at(about or item.node, start_ms) or self._series.site_at(item.node, start_ms)
        self._events.append((boot_id, item.seq, start_ms, events.key_of(item), about, site, gateway))
        alarm = events.alarm_of(item)
        if alarm and item.node == gateway and site:
            if alarm.node and not self._delivers.get(alarm.node):
                self._refuse(device_api.NOT_OF_THIS_GATEWAY, alarm.node)
            else:
                record_alarm(self._connection, gateway, site, alarm)
        elif dropped.is_dropped_event(item):
            self._accept_tombstone(dropped.tombstone_of(item))
        elif summaries.is_summary_event(item):
            self._accept_summary(item, boot_id, how)

    def _about(self, item: Item) -> str | None:
        """Only a gateway reports about others, and only about those that it delivers for."""
        about = events.about(item)
        if item.node == self._delivery.gateway and (about is None or self._delivers.get(about)):
            return about
        return item.node

    def _accept_summary(self, item: Item, boot_id: int, how: int) -> None:
        # Kept like every event; only what the gateway itself reports of a node that it delivers for gives values to that node.
        node = summaries.node_of(item)
        if node is None or item.node != self._delivery.gateway or not self._delivers.get(node):
            self._refuse(device_api.BAD_SUMMARY, node or "not a summary")
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
        elif not self._delivers.get(anchor.node):
            self._refuse(device_api.BAD_ANCHOR, anchor.node)
        else:
            ledger = self._book.open(anchor.node, anchor.boot, anchor.offset_ms - anchor.error_ms)
            if ledger.accept_anchor(anchor.offset_ms, anchor.error_ms):
                redate(self._connection, ledger, self._series)

    def _accept_tombstone(self, tombstone: Tombstone | None) -> None:
        # A boot of which nothing is left but what was dropped is reported here for the first time.
        if tombstone is None:
            self._refuse(device_api.BAD_TOMBSTONE, "not a dropped range")
        elif not self._delivers.get(tombstone.node):
            self._refuse(device_api.BAD_TOMBSTONE, tombstone.node)
        else:
            self._dropped.append((tombstone, self._book.open(tombstone.node, tombstone.boot, start_ms=NEVER_MS)))

    def _refuse(self, reason: str, detail: str) -> Result:
        self._refusals[reason] += 1
        self._details[reason] = detail
        result = {keys.STATUS: device_api.REFUSED, keys.REASON: reason}
        return {**result, keys.DETAIL: detail} if reason == device_api.BAD_ITEM else result


def _named(batch: Batch) -> list[Item | BadItem | Anchor | Tombstone]:
    return [*batch.items, *(anchor for anchor in batch.anchors if anchor), *(tombstone for tombstone in batch.dropped if tombstone)]


def _nodes(batch: Batch) -> set[str]:
    names = {named.node for named in _named(batch)}
    return names | {events.about(item) or "" for item in batch.items if isinstance(item, Item) and events.is_event(item)}
