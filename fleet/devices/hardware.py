"""New hardware under the name of a node: another board with another key takes its place, its name and its series go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from contract.faults import MISSING, Fault
from fleet.devices.nodes import lock_node
from fleet.devices.registration import Consequences, Registered
from fleet.devices.sensor_slots import end_all_of
from fleet.devices.tables import hardware as hardware_table
from fleet.devices.tables import node as node_table
from fleet.devices.tables import node_report
from fleet.errors import InvalidError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.people.credentials import key_fingerprint, new_node_key
from fleet.places.deployment_rows import lock_present

# How far the clock of a gateway may lag behind ours when it receives the first message of a new board.
CLOCK_LAG_MS = 10_000


ANOTHER_KEY = "another key than that of the board that has the name now: if it is that board, nothing is left to do"


@dataclass(frozen=True, slots=True)
class Hardware:
    """A board that had the name of the node. to_ms: None while it has it."""

    number: int
    from_ms: int
    to_ms: int | None


def hardware_of(connection: Connection, node: str) -> list[Hardware]:
    """One after the other, the first first. Of a gateway's own node, which has no key, none."""
    query = select(hardware_table).where(hardware_table.c.node_id == node).order_by(hardware_table.c.number)
    return [Hardware(row.number, row.from_ms, row.to_ms) for row in connection.execute(query)]


def hardware_at(boards: Sequence[Hardware], moment_ms: int) -> int:
    """The number of the board that a boot is of. moment_ms: when its gateway received the first that is known of it, which takes a new key
    only after we gave it that; the old key ends there with the same document."""
    begun = [board.number for board in boards if board.from_ms <= moment_ms + CLOCK_LAG_MS]
    return max(begun, default=1)


def replace_hardware(
    connection: Connection, act: Act, consequences: Consequences, node: str, key: str | None, sensors_exchanged: bool
) -> Registered:
    """key: as provisioned on the new board; made here when None. The old one ends.

    Raises NotFoundError, RetiredError; InvalidError when the node is not deployed, when the key is that of the board before, and when
    sensors are exchanged that a calibration is of.
    """
    row = lock_node(connection, node)
    present = lock_present(connection, node)
    if present is None:
        raise InvalidError(Fault((), "a node that is deployed: another has taken the place of this one; first move it to a site", MISSING))
    if key == row.key_hex:
        raise InvalidError(Fault(("key",), ANOTHER_KEY, MISSING))
    if sensors_exchanged:
        consequences.exchange_sensors(connection, present.gateway, node)
        end_all_of(connection, act, node)
    new_key, number = key or new_node_key(), row.hardware + 1
    connection.execute(update(node_table).where(node_table.c.id == node).values(key_hex=new_key, hardware=number))
    lasting = hardware_table.c.node_id == node, hardware_table.c.to_ms.is_(None)
    connection.execute(update(hardware_table).where(*lasting).values(to_ms=act.now_ms))
    connection.execute(insert(hardware_table), {"node_id": node, "number": number, "from_ms": act.now_ms})
    # What the old board had in force says nothing of the new one.
    connection.execute(delete(node_report).where(node_report.c.node_id == node))
    before = {"hardware": row.hardware, "key": key_fingerprint(row.key_hex)}
    after = {"hardware": number, "key": key_fingerprint(new_key), "sensors": "exchanged" if sensors_exchanged else "kept"}
    audit.record_change(connection, act, "node_hardware_replaced", node, before, after)
    return Registered(new_key, {present.gateway: consequences.issue(connection, present.gateway, act.now_ms)})
