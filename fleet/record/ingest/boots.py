"""The ledgers that one transaction needs: loaded, opened when a boot is new, and saved. Knows tables.boot and nothing of items
but whether one is stored. Rows are locked where the database locks rows, so that two workers cannot both call an item new.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from fleet.devices.hardware import hardware_at, hardware_of
from fleet.record.ingest import ledger as ledgers
from fleet.record.ingest.ledger import Ledger
from fleet.record.tables import boot as boot_table
from fleet.record.tables import item as item_table

_SAVE = update(boot_table).where(boot_table.c.id == bindparam("row_id"))


class BootBook:
    """arrived_ms(node, boot): when the gateway received the first that is at hand of a boot, None where nothing is."""

    def __init__(self, connection: Connection, now_ms: int, arrived_ms: Callable[[str, str], int | None]) -> None:
        self._connection = connection
        self._now_ms = now_ms
        self._arrived_ms = arrived_ms
        self._by_name: dict[tuple[str, str], Ledger] = {}
        self._by_id: dict[int, Ledger] = {}
        self._in_doubt: set[tuple[int, int]] = set()
        self._touched: dict[int, Ledger] = {}

    def load(self, pairs: set[tuple[str, str]]) -> None:
        nodes, boots = {node for node, _ in pairs}, {boot for _, boot in pairs}
        self._fetch(select(boot_table).where(boot_table.c.node_id.in_(nodes), boot_table.c.boot.in_(boots)))

    def known(self, node: str, boot: str) -> Ledger | None:
        """The ledger, about to be changed, of a boot that is in the store."""
        ledger = self._by_name.get((node, boot))
        if ledger:
            self._touched[ledger.id] = ledger
        return ledger

    def open(self, node: str, boot: str, start_ms: int, deployment: int, late: bool) -> Ledger:
        """The ledger, about to be changed; a new one when the boot was never heard of. start_ms: no item of it began before. deployment:
        under which it is delivered; late: by a gateway that the node has left. Raises IntegrityError where another process opens it at the
        same time: the writer does the work once more."""
        ledger = self.known(node, boot) or self._create(node, boot, start_ms, deployment, late)
        ledger.delivered(deployment, self._now_ms)
        return ledger

    def handed_over_ms(self, node: str, deployment: int) -> int | None:
        """When a deployment after this one was first heard of the node; None where none was."""
        later = boot_table.c.node_id == node, boot_table.c.deployment_id > deployment
        found: int | None = self._connection.execute(select(func.min(boot_table.c.delivered_since_ms)).where(*later)).scalar()
        return found

    def is_new(self, ledger: Ledger, seq: int) -> bool:
        if seq not in ledger.sequence:
            return True
        if not ledger.is_in_doubt(seq) or (ledger.id, seq) in self._in_doubt:
            return False
        self._in_doubt.add((ledger.id, seq))
        query = select(item_table.c.seq).where(item_table.c.boot_id == ledger.id, item_table.c.seq == seq)
        return self._connection.execute(query).first() is None

    def save(self) -> None:
        rows = [{"row_id": ledger.id, **ledger.row()} for ledger in self._touched.values()]
        if rows:
            self._connection.execute(_SAVE, rows)

    def _create(self, node: str, boot: str, start_ms: int, deployment: int, late: bool) -> Ledger:
        arrived_ms = self._arrived_ms(node, boot)
        moment_ms = self._now_ms if arrived_ms is None else min(arrived_ms, self._now_ms)
        board = hardware_at(hardware_of(self._connection, node), moment_ms)
        blank = Ledger(0, node, boot, hardware=board, deployment=deployment, delivered_since_ms=self._now_ms)
        others = self._neighbours(blank)
        row = {"node_id": node, "boot": boot, "heard_ms": self._now_ms, "hardware": blank.hardware, **blank.row()}
        # Fails where another process has opened it meanwhile: then all of this delivery is judged once more, on what that one knows.
        self._connection.execute(insert(boot_table), row)
        self.load({(node, boot)})
        ledger = self._by_name[node, boot]
        for changed in ledgers.link(ledger, start_ms, others, late):
            self._touched[changed.id] = changed
        self._touched[ledger.id] = ledger
        return ledger

    def _neighbours(self, new: Ledger) -> list[Ledger]:
        # The boots that have not ended, the nearest of the same board on either side, and what ended these: all that a new boot can
        # change, or be changed by.
        of_node = select(boot_table).where(boot_table.c.node_id == new.node)
        of_board = of_node.where(boot_table.c.hardware == new.hardware)
        before = of_board.where(boot_table.c.boot < new.boot).order_by(boot_table.c.boot.desc()).limit(1)
        after = of_board.where(boot_table.c.boot > new.boot).order_by(boot_table.c.boot).limit(1)
        found = self._fetch(of_node.where(boot_table.c.ended_by.is_(None)))
        for query in (before, after):
            found.extend(ledger for ledger in self._fetch(query) if ledger not in found)
        enders = {ledger.ended_by for ledger in found} - {None} - {ledger.boot for ledger in found}
        return found + (self._fetch(of_node.where(boot_table.c.boot.in_(enders))) if enders else [])

    def _fetch(self, query: Select[Any]) -> list[Ledger]:
        found = []
        for row in self._connection.execute(query.with_for_update()):
            if row.id not in self._by_id:
                ledger = ledgers.of_row(row)
                self._by_id[row.id] = self._by_name[row.node_id, row.boot] = ledger
            found.append(self._by_id[row.id])
        return found
