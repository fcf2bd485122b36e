"""Events as they are found again: what each is about and where that was, and the alarms that gateways report by them.

A gateway reports alarms under its own name only; what does not have the form of an alarm is kept as any other event.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection

from contract import messages, topics, values
from contract.site import alarm_events, rules
from contract.site.shapes import MAX_SLOT
from fleet.record.ingest.bodies import Unreadable
from fleet.record.ingest.items import Item
from fleet.store.storable import storable

_Ms = Annotated[int, Meta(ge=0, le=values.MAX_INT)]
_Number = Annotated[int, Meta(ge=-values.MAX_INT, le=values.MAX_INT)]
_Name = Annotated[str, Meta(max_length=40)]


class Alarm(Struct):
    """Particulars of contract/site/alarm_events.py. of a clear without data, value and what stands beside it are absent."""

    rule: Annotated[str, Meta(min_length=1, max_length=values.MAX_KEY)]
    version: Annotated[int, Meta(ge=0, le=rules.MAX_VERSION)]
    phase: Literal["raise", "clear", "no_data", "data"]
    since_ms: _Ms
    node: Annotated[str, Meta(max_length=topics.MAX_NODE_CHARACTERS)]
    slot: Annotated[int, Meta(ge=-1, le=MAX_SLOT)]
    quantity: _Name
    severity: Annotated[str, Meta(max_length=10)] | None = None
    why: Annotated[str, Meta(max_length=20)] | None = None
    at_ms: _Ms | None = None
    last_ms: _Ms | None = None
    value: _Number | None = None
    limit: _Number | None = None
    scale: Annotated[int, Meta(ge=1, le=values.MAX_INT)] | None = None
    unit: _Name | None = None
    window_ms: _Ms | None = None

    @property
    def moment_ms(self) -> int:
        """Of what is new in it: an alarm that is over, or without data, is no newer than its beginning."""
        return self.at_ms if self.phase == alarm_events.RAISE and self.at_ms is not None else self.since_ms


@dataclass(frozen=True, slots=True)
class Origin:
    """Of an alarm: the gateway that reports it, the site that it is of, and when it came in."""

    gateway: str
    site: str
    now_ms: int


# What keeps the alarms: handed in, since they are of a subject above this one.
RecordAlarm = Callable[[Connection, Origin, Alarm], None]


def is_event(item: Item) -> bool:
    return item.kind == messages.EVENT and item.fields is not None


def about(item: Item) -> str | None:
    """The node that the event says it is about: its own, or the one that it names; None for a whole site."""
    named = _particulars(item).get("node", item.node)
    if named == "":
        return None
    return named if isinstance(named, str) and topics.is_node_id(named) else item.node


def key_of(item: Item) -> str:
    assert item.fields is not None
    return storable(item.fields["k"], 40)


def alarm_of(item: Item) -> Alarm | None:
    if not is_event(item) or key_of(item) != alarm_events.KEY:
        return None
    try:
        alarm = msgspec.convert(_particulars(item), Alarm)
    except Unreadable:
        return None
    texts = (alarm.rule, alarm.node, alarm.quantity, alarm.severity or "", alarm.why or "", alarm.unit or "")
    return alarm if all(storable(one, len(one)) == one for one in texts) else None


def _particulars(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = item.fields["a"] if item.fields else {}
    return found
