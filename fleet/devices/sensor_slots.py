"""Which sensor is and was in which slot: the table of stays. What a hello means for it, sensor_noticing.py says.

A slot has one sensor at a time; the database holds that too, so that of two processes that fill a slot at once one does it again. A
sensor may stand in two places for as long as nobody knows better (sensors.py: conflict).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, insert, or_, select, update

from contract.faults import Fault
from fleet.devices.nodes import lock_any_node
from fleet.devices.sensor_history import Stay
from fleet.devices.sensors import lock_sensor, note_first_use
from fleet.devices.tables import sensor as sensor_table
from fleet.devices.tables import sensor_stay as table
from fleet.errors import InvalidError
from fleet.people import audit
from fleet.people.audit import Act, Actor
from fleet.people.rights import WHOLE, Scope
from fleet.places.scopes import of_nodes

# Stays of one slot, beyond which a node that names another sensor each time is not believed.
MOST_STAYS = 500
Noticed = Literal["hello", "person"]


class Slot(NamedTuple):
    node: str
    slot: int


class Origin(NamedTuple):
    """The item of a hello: of which board of its node, in which boot, and its number there."""

    board: int
    boot: str
    seq: int


@dataclass(frozen=True, slots=True)
class OpenStay:
    """As it stands in the table, about to be changed. seen: the newest hello that named it; None where none did."""

    stay: Stay
    noticed: Noticed
    seen: Origin | None


@dataclass(frozen=True, slots=True)
class Sight:
    """By what a stay is known: a moment, and of a hello its item."""

    at_ms: int
    origin: Origin | None = None

    def columns(self) -> dict[str, Any]:
        board, boot, seq = self.origin or (None, None, None)
        return {"seen_ms": self.at_ms, "seen_board": board, "seen_boot": boot, "seen_seq": seq}


@dataclass(frozen=True, slots=True)
class SensorStay:
    """A sensor in a slot. to_ms: null while it lasts. seen_ms: when it was last named there. noticed: by a hello, or by a person.
    replaces: the sensor that was in the slot before it, and left with its coming. who, actor, reason: of the change that put it there."""

    id: int
    sensor: str
    model: str
    serial: str | None
    node: str
    slot: int
    from_ms: int
    to_ms: int | None
    seen_ms: int
    noticed: Noticed
    replaces: str | None
    who: str
    actor: Actor
    reason: str


def of_slot(connection: Connection, slot: Slot, limit: int, after: int = 0) -> list[SensorStay]:
    """What was in it, in the order in which it became known; so many behind the stay `after`."""
    here = table.c.node_id == slot.node, table.c.slot == slot.slot, table.c.id > after
    return _shown(connection, _joined().where(*here).order_by(table.c.id).limit(limit))


def now_in(connection: Connection, slot: Slot) -> SensorStay | None:
    """What is in it."""
    here = table.c.node_id == slot.node, table.c.slot == slot.slot, table.c.to_ms.is_(None)
    return next(iter(_shown(connection, _joined().where(*here))), None)


def of_sensor(connection: Connection, sensor: str, limit: int, after: int = 0, scope: Scope = WHOLE) -> list[SensorStay]:
    """Where it was, in the order in which it became known; so many behind the stay `after`. scope: in nodes there only."""
    mine = table.c.sensor_id == sensor, table.c.id > after, *of_nodes(table.c.node_id, scope)
    return _shown(connection, _joined().where(*mine).order_by(table.c.id).limit(limit))


def swaps(
    connection: Connection, limit: int, noticed: Noticed | None = None, below: int | None = None, scope: Scope = WHOLE
) -> list[SensorStay]:
    """Stays that replace another, the newest first. below: ids less than this. scope: in nodes there only."""
    conditions: list[ColumnElement[bool]] = [table.c.replaces_id.is_not(None), *of_nodes(table.c.node_id, scope)]
    conditions += [] if noticed is None else [table.c.noticed == noticed]
    conditions += [] if below is None else [table.c.id < below]
    return _shown(connection, _joined().where(*conditions).order_by(table.c.id.desc()).limit(limit))


def in_slots(connection: Connection, slots: Collection[Slot]) -> list[tuple[Stay, str, str | None]]:
    """(stay, model, serial) of all that was in any of these, the earliest first."""
    if not slots:
        return []
    query = _joined().where(_any_of(slots)).order_by(table.c.node_id, table.c.slot, table.c.from_ms, table.c.id)
    return [(stay_of(row), row.model, row.serial) for row in connection.execute(query)]


def history(connection: Connection, slot: Slot) -> list[Stay]:
    """The earliest first, locked where the database locks rows."""
    query = select(table).where(table.c.node_id == slot.node, table.c.slot == slot.slot).order_by(table.c.from_ms, table.c.id)
    return [stay_of(row) for row in connection.execute(query.with_for_update())]


def lock_open(connection: Connection, nodes: Iterable[str]) -> dict[Slot, OpenStay]:
    """What is in the slots of these nodes now, about to be changed."""
    query = select(table).where(table.c.node_id.in_(nodes), table.c.to_ms.is_(None)).order_by(table.c.id).with_for_update()
    return {Slot(row.node_id, row.slot): _open(row) for row in connection.execute(query)}


def put(connection: Connection, act: Act, slot: Slot, sensor: str | None, from_ms: int | None) -> None:
    """What a technician did: this sensor is in the slot from then on (None: from now on), and nowhere else; None: none is. That it is there
    already changes nothing.

    Raises NotFoundError, RetiredError; InvalidError of a moment before the sensor that was there came, or after now."""
    lock_any_node(connection, slot.node)
    open_stay = lock_open(connection, [slot.node]).get(slot)
    before = open_stay.stay if open_stay else None
    at_ms = act.now_ms if from_ms is None else from_ms
    _require_moment(connection, act, slot, at_ms)
    if sensor is not None:
        lock_sensor(connection, sensor)
    end_elsewhere(connection, act, sensor, slot, at_ms)
    if before is not None and before.sensor == sensor:
        return
    if sensor is not None:
        begin(connection, act, slot, sensor, Sight(at_ms), before, "person")
    elif before is not None:
        end(connection, act, before, at_ms)


def begin(connection: Connection, act: Act, slot: Slot, sensor: str, sight: Sight, before: Stay | None, noticed: Noticed) -> int:
    """The id of the new stay. before: what is in the slot, and leaves it now."""
    if before is not None:
        close(connection, before, sight.at_ms)
    was = None if before is None else {"slot": slot.slot, "sensor": before.sensor}
    what: audit.What = "sensor_placed" if before is None else "sensor_swapped"
    change = audit.record_change(connection, act, what, slot.node, was, {"slot": slot.slot, "sensor": sensor, "from_ms": sight.at_ms})
    return add_stay(connection, slot, sensor, sight, None, noticed, before, change)


def add_stay(
    connection: Connection, slot: Slot, sensor: str, sight: Sight, to_ms: int | None, noticed: Noticed, before: Stay | None, change: int
) -> int:
    note_first_use(connection, sensor, sight.at_ms)
    row = {
        "sensor_id": sensor, "node_id": slot.node, "slot": slot.slot, "from_ms": sight.at_ms, "to_ms": to_ms, "noticed": noticed,
        "change_id": change, "replaces_id": None if before is None else before.id, **sight.columns(),
    }  # fmt: skip
    return int(connection.execute(insert(table).returning(table.c.id), row).scalar_one())


def end(connection: Connection, act: Act, stay: Stay, to_ms: int) -> None:
    """The sensor leaves its slot, and no other comes."""
    close(connection, stay, to_ms)
    was = {"slot": stay.slot, "sensor": stay.sensor}
    audit.record_change(connection, act, "sensor_removed", stay.node, was, {"slot": stay.slot, "sensor": None, "to_ms": to_ms})


def end_elsewhere(connection: Connection, act: Act, sensor: str | None, slot: Slot, to_ms: int) -> None:
    """It is nowhere but in this slot."""
    query = select(table).where(table.c.sensor_id == sensor, table.c.to_ms.is_(None)).order_by(table.c.id)
    for stay in map(stay_of, connection.execute(query.with_for_update()).all()):
        if (stay.node, stay.slot) != slot:
            end(connection, act, stay, to_ms)


def end_all_of(connection: Connection, act: Act, node: str) -> None:
    """Of a node that is retired, or whose sensors were all exchanged."""
    for open_stay in lock_open(connection, [node]).values():
        end(connection, act, open_stay.stay, act.now_ms)


def close(connection: Connection, stay: Stay, to_ms: int) -> None:
    """Never before it began, should a clock have gone back."""
    connection.execute(update(table).where(table.c.id == stay.id).values(to_ms=max(stay.from_ms, to_ms)))


def see(connection: Connection, stay: Stay, sight: Sight) -> None:
    """It was named once more."""
    seen = {**sight.columns(), "seen_ms": max(stay.seen_ms, sight.at_ms)}
    connection.execute(update(table).where(table.c.id == stay.id).values(seen))


def begin_earlier(connection: Connection, stay: Stay, from_ms: int, change: int, replaces: Stay | None) -> None:
    moved = {"from_ms": from_ms, "change_id": change} | ({} if replaces is None else {"replaces_id": replaces.id})
    connection.execute(update(table).where(table.c.id == stay.id).values(moved))


def replaces(connection: Connection, stay: Stay, before: int) -> None:
    """before: the id of the stay that was in the slot until it began, which was not known."""
    connection.execute(update(table).where(table.c.id == stay.id).values(replaces_id=before))


def stay_of(row: Any) -> Stay:
    """row: all columns of sensor_stay."""
    return Stay(row.id, row.sensor_id, row.node_id, row.slot, row.from_ms, row.to_ms, row.seen_ms)


def _open(row: Any) -> OpenStay:
    seen = None if row.seen_boot is None else Origin(row.seen_board, row.seen_boot, row.seen_seq)
    return OpenStay(stay_of(row), row.noticed, seen)


def _require_moment(connection: Connection, act: Act, slot: Slot, at_ms: int) -> None:
    stays = history(connection, slot)
    least_ms = max((stay.from_ms if stay.to_ms is None else stay.to_ms for stay in stays), default=0)
    if not least_ms <= at_ms <= act.now_ms:
        raise InvalidError(Fault(("from_ms",), f"{least_ms}, since when the slot is as it is, to {act.now_ms}, which is now", at_ms))


def _any_of(slots: Collection[Slot]) -> Any:
    by_node: dict[str, list[int]] = {}
    for slot in slots:
        by_node.setdefault(slot.node, []).append(slot.slot)
    return or_(*(and_(table.c.node_id == node, table.c.slot.in_(numbers)) for node, numbers in by_node.items()))


def _joined() -> Select[Any]:
    before = table.alias("before")
    columns = sensor_table.c.model, sensor_table.c.serial, before.c.sensor_id.label("replaced")
    joined = table.join(sensor_table, sensor_table.c.id == table.c.sensor_id).outerjoin(before, before.c.id == table.c.replaces_id)
    return select(table, *columns).select_from(joined)


def _shown(connection: Connection, query: Select[Any]) -> list[SensorStay]:
    rows = connection.execute(query).all()
    changes = audit.changes_of(connection, {row.change_id for row in rows})
    return [_of_row(row, changes[row.change_id]) for row in rows]


def _of_row(row: Any, change: audit.Change) -> SensorStay:
    return SensorStay(
        row.id, row.sensor_id, row.model, row.serial, row.node_id, row.slot, row.from_ms, row.to_ms, row.seen_ms, row.noticed,
        row.replaced, change.who, change.actor, change.reason,
    )  # fmt: skip
