"""Which sensors measured what a series shows: of each slot that fills it those that were in it, each for as long as it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fleet.devices.sensor_history import Stay
from fleet.devices.sensor_slots import Slot, in_slots
from fleet.record.windows import Window


@dataclass(frozen=True, slots=True)
class Installed:
    """A sensor in the slot of a node from from_ms to to_ms (null: still), as far as the series is of that slot. Where one begins as another
    ends, the sensor was swapped. serial: null where none is known."""

    sensor: str
    model: str
    serial: str | None
    node: str
    slot: int
    from_ms: int
    to_ms: int | None


def installed(connection: Connection, held: Sequence[Window], from_ms: int, to_ms: int) -> list[list[Installed]]:
    """Of each window, in the order of time, those of this span. What is known of no time is left out: no value is without its node."""
    stays: dict[Slot, list[tuple[Stay, str, str | None]]] = {}
    for found in in_slots(connection, {Slot(window.node, window.slot) for window in held}):
        stays.setdefault(Slot(found[0].node, found[0].slot), []).append(found)
    return [_within(window, stays.get(Slot(window.node, window.slot), []), from_ms, to_ms) for window in held]


def _within(window: Window, found: list[tuple[Stay, str, str | None]], from_ms: int, to_ms: int) -> list[Installed]:
    if window.outside:
        return []
    within = []
    for stay, model, serial in found:
        begin_ms, end_ms = max(stay.from_ms, window.from_ms), _earlier(stay.to_ms, window.to_ms)
        is_shown = begin_ms < to_ms and (end_ms is None or max(begin_ms, from_ms) < end_ms)
        if is_shown:
            within.append(Installed(stay.sensor, model, serial, window.node, window.slot, begin_ms, end_ms))
    return within


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
