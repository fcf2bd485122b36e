"""Numbers that only grow. Their names are a closed table, so that nothing from outside can add one. Pure.

The first group belongs to the ledger and is committed with the rows it counts, or derived from their ids; the second is saved with health.
Of all committed items: stored = forwarded + duplicate_at_fleet + refused_by_fleet + thinned + dropped
+ waiting. A summary of thinned reports is an item of its own, stored like every other.
"""

from collections.abc import Iterable

from host.listening.limits import MEANINGS as MEANINGS_OF_LISTENERS

LEDGER = {
    "items.stored": "new items committed",
    "items.duplicate": "items that came again and were acknowledged again",
    "items.refused": "items of a known node that are not what the contract asks; recorded as a gap, acknowledged",
    "items.forwarded": "items that the fleet has committed",
    "items.duplicate_at_fleet": "items that the fleet had already",
    "items.refused_by_fleet": "items that the fleet refused; set aside with the reason, recorded as a gap",
    "items.thinned": "unsent reports, or summaries of them, that became a summary for want of room or data budget; recorded as a gap",
    "items.dropped": "unsent items dropped because the buffer was full and could not be thinned further; recorded as a gap",
    "items.expired": "sent items deleted",
    "time.impossible": "items whose own time lies after their arrival; dated without it",
    "numbers.forgotten": "numbers of boots with too many holes; what comes again with one is stored again, and the fleet knows it",
    "gaps.forgotten": "gap records dropped because there were too many",
}

REFUSALS = {
    "too_long": "message longer than the contract allows",
    "bad_topic": "name is not one of the contract",
    "unknown_type": "type of message is not one of the contract",
    "unknown_node": "node is not in the desired document",
    "no_seal": "no seal at the end",
    "bad_mac": "sealed with another key, for another name, or changed on the way",
    "too_fast": "node sends faster than its limit",
    "bad_message": "body is not of its type",
    "bad_item": "item is not of its type",
    "unknown_wish": "asks for something that this gateway does not have",
}

RUNTIME = {
    "messages.received": "messages taken from a carrier",
    "messages.queue_full": "messages dropped because the intake queue was full; their nodes send them again",
    "messages.no_room": "messages with items dropped because the store took none; their nodes send them again",
    "messages.sent": "messages given to a carrier",
    "messages.unsent": "messages dropped because the link was down or its queue full",
    "mqtt.connects": "connections to the broker",
    "mqtt.failures": "broken or refused connections to the broker",
    "store.commits": "group commits",
    "store.failures": "commits that failed and were tried again",
    "store.set_aside": "buffer files that were damaged, foreign or of a newer version, set aside",
    "store.aside_deleted": "files set aside that were deleted because the buffer needed their room",
    "time.answers": "time questions answered",
    "time.unknown": "time questions left unanswered because this machine did not know the time itself",
    "logs.received": "log lines of nodes",
    "logs.dropped": "log lines dropped because the fleet was away",
    "nodes.gone": "last wills of nodes",
    "uplink.batches": "batches that the fleet committed",
    "uplink.failures": "batches that failed and were tried again",
    "uplink.halved": "batches refused whole and tried again in halves",
    "serial.foreign": "messages on a serial line that are not of the node at that address; dropped",
    "sources.lost": "serial devices of sources that went, or were not there",
    "sources.dropped": "reports of sources dropped because the store took none",
    "sources.crashed": "sources that crashed and were started again",
    "desired.applied": "desired documents applied",
    "desired.refused": "desired documents refused",
    "desired.returned": "desired documents that did not prove themselves on trial; the last good one returned",
    "desired.part_failed": "parts of the gateway that failed to apply their section of a desired document",
    "desired.failures": "questions for a desired document that failed",
    "desired.pinned_bad": "pinned desired documents that could not be used",
    "token.renewed": "tokens of this gateway renewed",
    "token.failures": "attempts to renew the token that failed and are repeated",
    "rules.judged": "reports judged by the rules",
    "rules.raised": "alarms raised",
    "rules.cleared": "alarms cleared",
    "rules.faults": "faults of a rule, or reports that it could not be given; everything else went on",
    "rules.unjudged": "late reports not judged because too many waited; they are in the record",
    "rules.untold": "events of alarms dropped because the disk took none for long",
    "outputs.switched": "outputs switched to another state",
    "outputs.failures": "outputs that did not work, or are not there",
    "hooks.started": "programs started by an alarm",
    "hooks.failures": "such programs that failed, were ended, or are not there",
    "faster.sent": "requests to nodes to report more often",
    "config.sent": "settings sent to nodes",
    "config.refused": "settings that a node refused",
    "web.alarm_tests": "alarm tests asked for at the local page",
    "web.pin_refused": "alarm tests refused for want of the PIN",
    "web.foreign": "requests to the local page refused because they were for another Host, or by a page from elsewhere",
    "web.too_fast": "requests to the local page refused because they were too many",
    **{f"web.{reason}": f"local page: {meaning}" for reason, meaning in MEANINGS_OF_LISTENERS.items()},
    "broker.access_written": "times that the broker's password file was written with other nodes",
    "broker.access_failed": "times that this could not be written",
    "tasks.crashed": "tasks that crashed and were started again",
    "tasks.left": "tasks that did not end when they were cancelled",
    "errors.forgotten": "error lines dropped because there were too many",
}

MEANINGS = LEDGER | {f"refused.{reason}": meaning for reason, meaning in REFUSALS.items()} | RUNTIME

# What moves while all is well: no news, so it need not be saved at once.
ROUTINE = {
    *LEDGER, "messages.received", "messages.sent", "store.commits", "time.answers", "logs.received", "uplink.batches", "rules.judged",
}  # fmt: skip


class Counters:
    """`changed()` hands out what moved since the last call, to be saved."""

    def __init__(self) -> None:
        self._values = dict.fromkeys(MEANINGS, 0)
        self._changed: set[str] = set()

    def add(self, name: str, count: int = 1) -> None:
        self._values[name] += count
        self._changed.add(name)

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def all(self) -> dict[str, int]:
        return dict(self._values)

    def load(self, saved: dict[str, int]) -> None:
        """Counting goes on from an earlier run. What this one has counted already stays."""
        for name, value in saved.items():
            if name in self._values:
                self._values[name] += value

    def begin_ledger_anew(self, values: dict[str, int]) -> None:
        """The file that the ledger counted is no longer the one in use."""
        self._values.update({name: values.get(name, 0) for name in LEDGER})
        self._changed.update(LEDGER)

    def changed(self) -> dict[str, int]:
        moved = {name: self._values[name] for name in self._changed}
        self._changed.clear()
        return moved

    def unsaved(self, names: Iterable[str]) -> None:
        """What `changed` handed out could not be saved."""
        self._changed.update(names)
