"""Gateways, nodes and sensors from files (fleet/places/import_rows.py): registered, moved and corrected as a person would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Connection, select

from contract.faults import MISSING, Fault
from fleet.devices import moves, registration, sensor_slots, sensors, tables
from fleet.devices.moves import Whereabouts
from fleet.devices.registration import Consequences, NewNode
from fleet.devices.sensor_slots import Slot
from fleet.devices.sensors import CORRECTABLE, NewSensor, SensorPlace
from fleet.errors import InvalidError, RetiredError
from fleet.people.audit import Act
from fleet.places.deployment_rows import lock_present
from fleet.places.import_rows import Became, Kind, Outcome, Row, Taking, differing, require_of_new


@dataclass(frozen=True, slots=True)
class Secret:
    """Of what is new, shown this once: the code by which a gateway enrols, or the key of a node that was made here."""

    kind: Literal["gateway", "node"]
    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Devices:
    """documents: the version of each gateway's desired document that was issued for them."""

    outcomes: dict[Kind, Outcome]
    secrets: list[Secret]
    documents: dict[str, int] = field(default_factory=dict)


class DeviceImport:
    """code_expires_ms: of the codes of new gateways."""

    def __init__(self, connection: Connection, act: Act, taking: Taking, consequences: Consequences, code_expires_ms: int) -> None:
        self._connection = connection
        self._act = act
        self._taking = taking
        self._issue = consequences.issue
        # One document for each gateway, with all that came, instead of one for each row.
        self._consequences = replace(consequences, issue=self._issue_later)
        self._code_expires_ms = code_expires_ms
        self._changed: set[str] = set()
        self._secrets: list[Secret] = []

    def take(self, gateways: Sequence[Row], nodes: Sequence[Row], of_sensors: Sequence[Row]) -> Devices:
        """No document is issued where there are faults: nothing of it will be kept."""
        outcomes: dict[Kind, Outcome] = {"gateway": self._gateways(gateways), "node": self._nodes(nodes)}
        outcomes["sensor"] = self._sensors(of_sensors)
        taken = Devices(outcomes, self._secrets)
        if not any(outcome.faults for outcome in outcomes.values()):
            for gateway in sorted(self._changed):
                taken.documents[gateway] = self._issue(self._connection, gateway, self._act.now_ms)
        return taken

    def _issue_later(self, connection: Connection, gateway: str, now_ms: int) -> int:
        self._changed.add(gateway)
        return 0

    def _gateways(self, rows: Sequence[Row]) -> Outcome:
        known = {row.id: row for row in self._connection.execute(select(tables.gateway))}
        return self._taking.take("gateway", rows, lambda row: self._gateway(row, known.get(row.id)), {"site": "site"})

    def _gateway(self, row: Row, known: Any) -> Became:
        notes = row.given.get("notes")
        if known is None:
            require_of_new(row, ("site",))
            code = registration.add_gateway(
                self._connection, self._act, self._consequences, row.id, row.given["site"], self._code_expires_ms
            )
            if notes:
                moves.change_gateway(self._connection, self._act, self._consequences, row.id, None, notes)
            self._secrets.append(Secret("gateway", row.id, code))
            return "added"
        if known.retired_ms is not None:
            raise RetiredError("gateway", row.id)
        site = None if row.given.get("site") == known.site_id else row.given.get("site")
        if site is None and notes in (None, known.notes):
            return "unchanged"
        moves.change_gateway(self._connection, self._act, self._consequences, row.id, site, notes)
        return "changed"

    def _nodes(self, rows: Sequence[Row]) -> Outcome:
        known = {row.id: row for row in self._connection.execute(select(tables.node))}
        needs: Mapping[str, Kind] = {"gateway": "gateway", "site": "site"}
        return self._taking.take("node", rows, lambda row: self._node(row, known.get(row.id)), needs)

    def _node(self, row: Row, known: Any) -> Became:
        key, wanted = row.given.get("key"), Whereabouts(row.given.get("site"), row.given.get("gateway"))
        if known is None:
            require_of_new(row, ("gateway", "site"))
            new = NewNode(row.id, row.given["gateway"], row.given["site"], key, None)
            made = registration.add_node(self._connection, self._act, self._consequences, new)
            self._secrets += [] if key else [Secret("node", row.id, made.key)]
            return "added"
        if known.retired_ms is not None:
            raise RetiredError("node", row.id)
        if known.key_hex == tables.NO_KEY:
            raise InvalidError(Fault(("id",), "another name: a gateway has this one", row.id))
        if key not in (None, known.key_hex):
            raise InvalidError(Fault(("key",), f"its key; another board is told by POST /api/v1/nodes/{row.id}/hardware", "***"))
        present = lock_present(self._connection, row.id)
        if present is None:
            raise InvalidError(Fault(("id",), f"a node that is deployed: PATCH /api/v1/nodes/{row.id} deploys it again", row.id))
        if wanted.site in (None, present.site) and wanted.gateway in (None, present.gateway):
            return "unchanged"
        moves.move_node(self._connection, self._act, self._consequences, row.id, wanted)
        return "changed"

    def _sensors(self, rows: Sequence[Row]) -> Outcome:
        known = {row.id: row for row in self._connection.execute(select(tables.sensor))}
        places = sensors.open_places(self._connection, [row.id for row in rows])
        taken: dict[Slot, str] = {}

        def take(row: Row) -> Became:
            place = _place_of(row, taken)
            became = self._sensor(row, known.get(row.id))
            if place is None or place in [Slot(one.node, one.slot) for one in places.get(row.id, list[SensorPlace]())]:
                return became
            sensor_slots.put(self._connection, self._act, place, row.id, None)
            return "changed" if became == "unchanged" else became

        return self._taking.take("sensor", rows, take, {"node": "node"})

    def _sensor(self, row: Row, known: Any) -> Became:
        said = {name: row.given[name] for name in CORRECTABLE if name in row.given}
        if known is None:
            require_of_new(row, ("model",))
            sensors.add_sensor(self._connection, self._act, NewSensor(row.id, **said))
            return "added"
        if known.retired_ms is not None:
            raise RetiredError("sensor", row.id)
        if not differing(row, known, CORRECTABLE) and known.confirmed_ms is not None:
            return "unchanged"
        sensors.correct_sensor(self._connection, self._act, row.id, said)
        return "changed"


def _place_of(row: Row, taken: dict[Slot, str]) -> Slot | None:
    """taken: which rows have a place so far. Raises InvalidError."""
    node, slot = row.given.get("node"), row.given.get("slot")
    if node is None and slot is None:
        return None
    if node is None or slot is None:
        raise InvalidError(Fault(("node" if node is None else "slot",), "node and slot, or neither", MISSING))
    other = taken.setdefault(Slot(node, slot), row.id)
    if other != row.id:
        raise InvalidError(Fault(("slot",), f"a slot of its own: {other} has it", slot))
    return Slot(node, slot)
