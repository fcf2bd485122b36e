"""The record of a fleet service compared with what load nodes counted themselves: read from its tables, past the service's code."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from contract.site.sequence import Sequence
from hil_tests.load_node import CHANNELS
from hil_tests.sent_count import BootCount

_ITEMS = """SELECT seq, kind, json_extract(body, '$.ch[0][4]'), json_array_length(body, '$.ch') FROM item WHERE boot_id = ? ORDER BY seq"""
_VALUES = """SELECT seq, count(*) FROM value WHERE boot_id = ? GROUP BY seq"""
_FAULTS = ("lost", "double", "changed", "invented", "unexplained")


@dataclass
class Comparison:
    """Numbers of items. `lost`: acknowledged to the node, neither in the record nor reported as dropped. `unexplained`: gaps that the
    ledger does not name. `invented`: in the record and never sent."""

    recorded: int = 0
    lost: int = 0
    double: int = 0
    changed: int = 0
    invented: int = 0
    unexplained: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def faults(self) -> list[str]:
        return [
            f"{name}: {getattr(self, name)}" for name in ("lost", "double", "changed", "invented", "unexplained") if getattr(self, name)
        ]


def compare(database: Path, boots: Iterable[BootCount]) -> Comparison:
    """`database`: the SQLite file of the fleet, which may be running."""
    found = Comparison()
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        for boot in boots:
            _compare_boot(connection, boot, found)
    finally:
        connection.close()
    return found


def _compare_boot(connection: sqlite3.Connection, boot: BootCount, found: Comparison) -> None:
    query = "SELECT id, received, ranges, highest FROM boot WHERE node_id = ? AND boot = ?"
    row = connection.execute(query, (boot.node, boot.boot)).fetchone()
    if row is None:
        found.lost += boot.acknowledged
        return
    boot_id, received, ranges, highest = row
    items = connection.execute(_ITEMS, (boot_id,)).fetchall()
    present = {seq for seq, *_ in items}
    dropped = _dropped(connection, boot_id, present, found)
    found.recorded += len(items)
    found.lost += sum(seq not in present and seq not in dropped for seq in range(boot.acknowledged))
    found.invented += sum(seq >= boot.reserved for seq in present)
    reports = [(seq, mean, channels) for seq, kind, mean, channels in items if kind == "report"]
    values = dict(connection.execute(_VALUES, (boot_id,)))
    found.changed += sum(mean != seq % 1000 or channels != CHANNELS or values.get(seq, 0) < CHANNELS for seq, mean, channels in reports)
    found.double += abs(received - len(items)) + sum(count > CHANNELS for count in values.values())
    in_ledger = Sequence(json.loads(ranges), len(ranges))
    named = {seq for first, last in in_ledger.ranges for seq in range(first, last + 1)}
    found.unexplained += len(named ^ present) + abs(highest - max(present | dropped, default=-1))


def _dropped(connection: sqlite3.Connection, boot_id: int, present: set[int], found: Comparison) -> set[int]:
    numbers: set[int] = set()
    for first, last, why in connection.execute("SELECT first, last, why FROM dropped WHERE boot_id = ?", (boot_id,)):
        given_up = set(range(first, last + 1)) - present - numbers
        found.dropped += Counter({why: len(given_up)})
        numbers |= given_up
    return numbers
