# What the parts say of themselves over time: which part sits in which slot, for how many hours it has been awake, and whether its health
# changed. Pure: observations in, events out; `record` is plain data that the wiring keeps in flash.
#
#   sensor_health   {"slot", "part", "hours", and what the part reports: error bits, fan, laser}
#                   when a value becomes or ceases to be 0, CHANGE_MS after the last of its slot at the earliest; and every EVERY_MS
#   sensor_swapped  {"slot", "from", "to"}   when a part reports another identity than the last one reported, also before a restart
# The hours begin anew with another part. A part that reports no identity cannot be distinguished from its like.
#
# record: {"<slot>": [part, identity, seconds awake]}. Written when an identity or a part changed, else once a day at the most, so a power
# cut loses a day of hours at the most and flash wears by one write a day.

# How often to look: hours are counted in such steps, whole ones of the one who is awake then.
LOOK_MS = 5000
CHANGE_MS = 60000
EVERY_MS = 3600000
WRITE_MS = 86400000


class SensorHealth:
    def __init__(self, record: dict, now: int):
        """record: as it was kept, or {}; what does not have its form counts as not kept."""
        self.record = {slot: record[slot] for slot in record if _is_entry(record[slot])}
        self._changed = False
        self._written_at = now
        self._looked_at = now
        self._rest_ms: dict = {}  # of each slot: awake, and not yet a second of the record
        self._reported: dict = {}  # slot: (when, which values were not 0)

    def is_due(self, now: int) -> bool:
        return now - self._looked_at >= LOOK_MS

    def observe(self, identities: list, healths: list, asleep: list, now: int) -> list:
        """identities, healths: as drivers report them. asleep: slots. Returns [(key, particulars), ...] of events."""
        passed, self._looked_at = now - self._looked_at, now
        values: dict = {}
        for slot, health in healths:
            values[slot] = health
        events: list = []
        for slot, part, identity in identities:
            self._identify(slot, part, identity, events)
            if slot not in asleep:
                self._count(slot, passed)
            self._report(slot, part, values.get(slot, {}), now, events)
        return events

    def is_due_to_write(self, now: int) -> bool:
        return self._changed or now - self._written_at >= WRITE_MS

    def written(self, now: int) -> None:
        """It is in flash; or could not be, and is tried again in a day."""
        self._changed = False
        self._written_at = now

    def _identify(self, slot: int, part: str, identity: str, events: list) -> None:
        known = self.record.get(str(slot))
        if known is None or known[0] != part:
            self._begin(slot, part, identity)
        elif identity and identity != known[1]:
            if known[1]:
                events.append(("sensor_swapped", {"slot": slot, "from": known[1], "to": identity}))
                self._begin(slot, part, identity)
            else:
                known[1] = identity
                self._changed = True

    def _begin(self, slot: int, part: str, identity: str) -> None:
        self.record[str(slot)] = [part, identity, 0]
        self._rest_ms[slot] = 0
        self._changed = True

    def _count(self, slot: int, passed: int) -> None:
        rest = self._rest_ms.get(slot, 0) + passed
        self.record[str(slot)][2] += rest // 1000
        self._rest_ms[slot] = rest % 1000

    def _report(self, slot: int, part: str, health: dict, now: int, events: list) -> None:
        state = sorted(key for key in health if health[key])
        reported = self._reported.get(slot)
        if reported is None:
            reported = self._reported[slot] = (now - CHANGE_MS, [])  # nothing is wrong until a part reports it
        changed = state != reported[1] and now - reported[0] >= CHANGE_MS
        if not changed and now - reported[0] < EVERY_MS:
            return
        self._reported[slot] = (now, state)
        particulars = {"slot": slot, "part": part, "hours": self.record[str(slot)][2] // 3600}
        particulars.update({("part_hours" if key == "hours" else key): health[key] for key in health})
        events.append(("sensor_health", particulars))


def _is_entry(entry) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and isinstance(entry[1], str)
        and isinstance(entry[2], int)
        and entry[2] >= 0
    )
