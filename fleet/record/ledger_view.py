"""The ledger of a node as people read it: of every boot what came, what is missing, and what was given up for a reason."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select
from typing_extensions import TypedDict

from contract.site.sequence import Sequence
from fleet.devices.hardware import Hardware, hardware_of
from fleet.http import paging
from fleet.record import tables
from fleet.record.ingest.ledger import MAX_RANGES, subtract

Range = list[int]


# A dictionary, because "from" cannot be the name of a field.
DroppedRange = TypedDict("DroppedRange", {"from": int, "to": int, "why": str})


@dataclass(frozen=True, slots=True)
class BootLedger:
    """missing: ranges below `highest` that were never received and not reported as dropped. first_ms, last_ms: start of the first and
    last item received. forgotten: missing numbers that were given up when a boot had too many gaps to keep. hardware: the number of the
    board that it was a boot of."""

    boot: str
    hardware: int
    heard_ms: int
    first_ms: int | None
    last_ms: int | None
    ended: bool
    ended_by: str | None
    reset_cause: str | None
    received: int
    duplicates: int
    refused: int
    highest: int
    missing: list[Range]
    forgotten: int
    dropped: list[DroppedRange]


@dataclass(frozen=True, slots=True)
class NodeLedger:
    """boots: in the order in which the fleet first heard of them. next: the cursor of the boots that follow; None on the last page.
    hardware: the boards that had the name of the node, the first first."""

    node: str
    hardware: list[Hardware]
    boots: list[BootLedger]
    next: str | None


@dataclass(frozen=True, slots=True)
class NewestBoots:
    """boot: the newest one; missing: items of these boots; are_all: whether the node never had others."""

    boot: BootLedger | None
    missing: int
    are_all: bool


def read(connection: Connection, node: str, limit: int, after: int = 0) -> NodeLedger:
    """So many boots behind the one with the id `after`."""
    following = _ids(node).where(tables.boot.c.id > after).order_by(tables.boot.c.id).limit(limit + 1)
    ids = [row.id for row in connection.execute(following)]
    further = paging.cursor(ids[limit - 1]) if len(ids) > limit else None
    return NodeLedger(node, hardware_of(connection, node), _boots(connection, ids[:limit]), further)


def read_newest(connection: Connection, node: str, most: int) -> NewestBoots:
    """A board that starts again each minute has half a million boots a year: for who only wants to see how the node is."""
    newest = _ids(node).order_by(tables.boot.c.id.desc()).limit(most + 1)
    ids = [row.id for row in connection.execute(newest)]
    boots = _boots(connection, ids[:most])
    missing = sum(last - first + 1 for boot in boots for first, last in boot.missing)
    return NewestBoots(boots[-1] if boots else None, missing, len(ids) <= most)


def _ids(node: str) -> Select[tuple[int]]:
    return select(tables.boot.c.id).where(tables.boot.c.node_id == node)


def _boots(connection: Connection, ids: list[int]) -> list[BootLedger]:
    tombstones: dict[int, list[DroppedRange]] = {}
    query = select(tables.dropped).where(tables.dropped.c.boot_id.in_(ids)).order_by(tables.dropped.c.first)
    for row in connection.execute(query):
        tombstones.setdefault(row.boot_id, []).append({"from": row.first, "to": row.last, "why": row.why})
    rows = connection.execute(select(tables.boot).where(tables.boot.c.id.in_(ids)).order_by(tables.boot.c.id))
    return [_boot(row, tombstones.get(row.id, [])) for row in rows]


def _boot(row: Any, tombstones: list[DroppedRange]) -> BootLedger:
    sequence = Sequence(json.loads(row.ranges), MAX_RANGES)
    given_up = _join([[tombstone["from"], tombstone["to"]] for tombstone in tombstones])
    return BootLedger(
        row.boot, row.hardware, row.heard_ms, row.first_ms, row.last_ms, row.ended_by is not None, row.ended_by, row.reset_cause,
        row.received, row.duplicates, row.refused, row.highest, subtract(sequence.missing(), given_up), row.forgotten,
        [part for tombstone in tombstones for part in _not_received(tombstone, sequence.ranges)],
    )  # fmt: skip


def _not_received(tombstone: DroppedRange, received: list[Range]) -> list[DroppedRange]:
    # A node may give up what its gateway already had: the acknowledgement was lost, not the item.
    return [
        {"from": first, "to": last, "why": tombstone["why"]} for first, last in subtract([[tombstone["from"], tombstone["to"]]], received)
    ]


def _join(ranges: list[Range]) -> list[Range]:
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined
