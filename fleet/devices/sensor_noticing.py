"""What hellos say of sensors, compared with what is registered: new ones are registered as found, swaps are noticed, and what comes late
does not change what is newer.

Which of two hellos of a node is newer, boards, boots and numbers of items say, not a clock: only one that is newer than the hello that was
seen last of a slot changes which sensor is in it now. Others complete the history, where they name a serial number (sensor_history.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fleet.devices import sensor_slots, sensors
from fleet.devices.sensor_history import Earlier, Stay, fit
from fleet.devices.sensor_identity import Identity, Known, adds, identity_of, may_be, names_for
from fleet.devices.sensor_slots import MOST_STAYS, OpenStay, Origin, Sight, Slot
from fleet.devices.tables import limit_counter
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places.deployment_rows import sites_of
from fleet.store.dialect import add_to_counter
from fleet.store.storable import storable

NOT_NOTICED = "sensors_not_noticed"
_IDENTITY_CHARACTERS = 200
_PART_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Hello:
    """parts: [slot, part, identity] of each. runs: whether it is of the boot of its node that runs now. counts: whether its gateway and its
    board are still those of the node."""

    node: str
    at_ms: int
    origin: Origin
    runs: bool
    counts: bool
    parts: Sequence[tuple[int, str, str]]


def notice(connection: Connection, gateway: str, now_ms: int, hellos: Sequence[Hello]) -> None:
    """gateway: that delivers them."""
    act = Act(gateway, now_ms, actor="gateway")
    for hello in sorted(hellos, key=lambda hello: (hello.runs, hello.origin)):
        _Noticing(connection, act, hello).run()


class _Noticing:
    """One hello."""

    def __init__(self, connection: Connection, act: Act, hello: Hello) -> None:
        self._connection = connection
        self._act = act
        self._hello = hello
        self._sight = Sight(min(hello.at_ms, act.now_ms), hello.origin)
        self._open = sensor_slots.lock_open(connection, [hello.node])
        self._known = sensors.known(connection, {one.stay.sensor for one in self._open.values()})

    def run(self) -> None:
        for number, part, text in self._hello.parts:
            slot = Slot(self._hello.node, number)
            identity = identity_of(storable(part, _PART_CHARACTERS), storable(text, _IDENTITY_CHARACTERS))
            if self._is_newest(self._open.get(slot)):
                self._compare(slot, identity)
            elif identity.serial:
                self._complete(slot, identity)
        if self._hello.runs:
            self._judge_conflicts()

    def _is_newest(self, held: OpenStay | None) -> bool:
        if held is None or not self._hello.counts:
            return self._hello.runs
        if held.noticed == "person" and self._sight.at_ms < held.stay.from_ms:
            return False
        mine, seen = self._hello.origin, held.seen
        if seen is not None and (mine.board, mine.boot) == (seen.board, seen.boot):
            return mine.seq > seen.seq
        # The counter of a boot id goes back where flash was wiped: what runs is newer whatever it says.
        return self._hello.runs or seen is None or (mine.board, mine.boot) > (seen.board, seen.boot)

    def _compare(self, slot: Slot, identity: Identity) -> None:
        held = self._open.get(slot)
        if held is not None and self._may_be(identity, held.stay.sensor):
            known = self._known[held.stay.sensor]
            if adds(identity, known):
                more = replace(known, serial=known.serial or identity.serial or None, mark=known.mark or identity.mark)
                sensors.identify(self._connection, self._act, held.stay.sensor, known, more)
            sensor_slots.see(self._connection, held.stay, self._sight)
        elif not identity.is_open and (held is not None or not self._is_emptied_since(slot)):
            self._swap(slot, identity, held.stay if held else None)

    def _may_be(self, identity: Identity, sensor: str) -> bool:
        known = self._known[sensor]
        if not may_be(identity, known):
            return False
        # Of one whose serial number was not known, it may be that of another that is.
        return not identity.serial or known.serial is not None or not self._with_serial(identity)

    def _is_emptied_since(self, slot: Slot) -> bool:
        """A person has said that there is nothing, after this hello was made."""
        ends = [stay.to_ms for stay in sensor_slots.history(self._connection, slot) if stay.to_ms is not None]
        return bool(ends) and max(ends) > self._sight.at_ms

    def _swap(self, slot: Slot, identity: Identity, before: Stay | None) -> None:
        if len(sensor_slots.history(self._connection, slot)) >= MOST_STAYS:
            add_to_counter(self._connection, limit_counter, {"name": NOT_NOTICED, "count": 1})
            return
        sensor = self._with_serial(identity) or self._found(slot, identity)
        at_ms = self._sight.at_ms if before is None else max(self._sight.at_ms, before.from_ms)
        sensor_slots.begin(self._connection, self._act, slot, sensor, replace(self._sight, at_ms=at_ms), before, "hello")
        self._leave_undeployed(sensor)

    def _leave_undeployed(self, sensor: str) -> None:
        """Of a node that is deployed nowhere, what it had is taken out when it is seen elsewhere."""
        nodes = {place.node for place in sensors.open_places(self._connection, [sensor]).get(sensor, [])} - {self._hello.node}
        for node in sorted(nodes - sites_of(self._connection, nodes).keys()):
            for held in sensor_slots.lock_open(self._connection, [node]).values():
                if held.stay.sensor == sensor:
                    sensor_slots.end(self._connection, self._act, held.stay, self._sight.at_ms)

    def _complete(self, slot: Slot, identity: Identity) -> None:
        sensor = self._with_serial(identity)
        stays = sensor_slots.history(self._connection, slot)
        if not stays:
            return self._swap(slot, identity, None)
        change = fit(stays, sensor or "", self._sight.at_ms)
        if change is None or len(stays) >= MOST_STAYS:
            return
        if isinstance(change, Earlier):
            was, now = {"from_ms": change.begun.from_ms}, {"from_ms": change.from_ms}
            row = self._record(slot, change.begun.sensor, was, now)
            sensor_slots.begin_earlier(self._connection, change.begun, change.from_ms, row, change.shortened)
        else:
            sensor = sensor or self._found(slot, identity)
            row = self._record(slot, sensor, None, {"from_ms": change.from_ms, "to_ms": change.to_ms})
            new = sensor_slots.add_stay(self._connection, slot, sensor, self._sight, change.to_ms, "hello", change.shortened, row)
            if change.followed is not None:
                sensor_slots.replaces(self._connection, change.followed, new)
        if change.shortened is not None:
            sensor_slots.close(self._connection, change.shortened, change.from_ms)

    def _record(self, slot: Slot, sensor: str, was: dict[str, int] | None, now: dict[str, int]) -> int:
        of_slot = {"slot": slot.slot, "sensor": sensor}
        before = None if was is None else {**of_slot, **was}
        return audit.record_change(self._connection, self._act, "sensor_history_changed", slot.node, before, {**of_slot, **now})

    def _judge_conflicts(self) -> None:
        """A sensor that stands in two places is not in that one whose newer hello does not name it."""
        here = sensor_slots.lock_open(self._connection, [self._hello.node])
        places = sensors.open_places(self._connection, {one.stay.sensor for one in here.values()})
        known = sensors.known(self._connection, places)
        named = {Slot(self._hello.node, number): identity_of(part, text).serial for number, part, text in self._hello.parts}
        for slot, held in here.items():
            others = [place.node for place in places[held.stay.sensor] if Slot(place.node, place.slot) != slot]
            # A slot that a hello leaves out proves nothing by itself: a gateway names its instruments one after the other.
            is_left_out = slot not in named and self._hello.node in others
            serial = known[held.stay.sensor].serial
            if serial and (is_left_out or (others and named.get(slot, serial) != serial)):
                sensor_slots.end(self._connection, self._act, held.stay, self._sight.at_ms)

    def _with_serial(self, identity: Identity) -> str | None:
        return sensors.with_serial(self._connection, identity.model, identity.serial) if identity.serial else None

    def _found(self, slot: Slot, identity: Identity) -> str:
        number = len(sensor_slots.history(self._connection, slot))
        names = names_for(identity, f"{slot.node} {slot.slot} {number}")
        name = next(name for name in names if not sensors.is_taken(self._connection, name))
        sensors.find_sensor(self._connection, self._act, name, Known(identity.model, identity.serial or None, identity.mark))
        return name
