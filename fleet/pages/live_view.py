"""What the live page shows, made of what the read model knows: names, rounding, ages. Asks no clock and no database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from contract import quality
from contract.site import display_names as names
from contract.site import qualities
from contract.site.lateness import limits_s
from fleet.pages import words
from fleet.record.latest import LatestValue, NodeLatest
from fleet.record.node_list import NodeView
from fleet.record.series import Point

Translate = Callable[[str], str]


class Wording(NamedTuple):
    """code: of the language in contract/site/display_names.py; translate: into it, a message of these pages."""

    code: str
    translate: Translate

    def quantity(self, key: str) -> str:
        return names.name(names.QUANTITIES, key, self.code)

    def quality(self, key: str) -> str:
        return names.name(names.QUALITIES, key, self.code)


HOUR_MS = 3_600_000
CHART_STEP_MS = 10_000
USABLE = {qualities.KEYS[code] for code in quality.USABLE}


@dataclass(frozen=True, slots=True)
class ChannelCell:
    """value: rounded text, None where there is only a reason."""

    label: str
    slot: int
    slot_shown: bool
    value: str | None
    unit: str
    quality: str
    usable: bool


@dataclass(frozen=True, slots=True)
class NodeCard:
    id: str
    site: str
    station: bool
    state: str
    state_name: str
    channels: list[ChannelCell]
    age_s: float
    age: str
    error: str | None
    measured_ms: int


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Overview:
    nodes: list[NodeCard]

    def count(self, state: str) -> int:
        return sum(card.state == state for card in self.nodes)


def overview(nodes: Iterable[NodeView], latest: Iterable[NodeLatest], wording: Wording) -> Overview:
    channels = {of_node.node: of_node.channels for of_node in latest}
    # A gateway has a card once it measures something itself.
    shown = [node for node in nodes if channels.get(node.id) or not node.station]
    return Overview([_card(node, channels.get(node.id, []), wording) for node in shown])


def choices(latest: Iterable[NodeLatest], wording: Wording) -> list[Choice]:
    """The quantities that any node has ever measured, those of the cards first."""
    present = {channel.quantity for of_node in latest for channel in of_node.channels}
    return [Choice(key, wording.quantity(key)) for key in words.CHART_ORDER if key in present]


def _card(node: NodeView, channels: list[LatestValue], wording: Wording) -> NodeCard:
    translate = wording.translate
    state = _state(channels)
    newest = min(channels, key=lambda channel: channel.age_s, default=None)
    slots: dict[str, set[int]] = {}
    for channel in channels:
        slots.setdefault(channel.quantity, set()).add(channel.slot)
    shown = sorted((c for c in channels if c.quantity in words.ON_CARD), key=lambda c: (words.ON_CARD.index(c.quantity), c.slot))
    cells = [_cell(channel, len(slots[channel.quantity]) > 1, wording) for channel in shown]
    if newest is None:
        return NodeCard(node.id, node.site_name, node.station, state, translate(words.STATE_NAMES[state]), cells, 0, "", None, 0)
    error = span(newest.error_ms / 1000, translate) if newest.error_ms >= 1000 else None
    age = translate("%s ago") % span(newest.age_s, translate)
    return NodeCard(
        node.id, node.site_name, node.station, state, translate(words.STATE_NAMES[state]), cells, newest.age_s, age, error, newest.start_ms
    )


def _state(channels: list[LatestValue]) -> str:
    if not channels:
        return words.NEW
    newest = min(channels, key=lambda channel: channel.age_s)
    late_s, silent_s = limits_s(newest.duration_ms / 1000)
    if newest.age_s > silent_s:
        return words.SILENT
    return words.LATE if newest.age_s > late_s else words.LIVE


def _cell(channel: LatestValue, slot_shown: bool, wording: Wording) -> ChannelCell:
    return ChannelCell(
        wording.quantity(channel.quantity),
        channel.slot,
        slot_shown,
        None if channel.value is None else names.rounded(channel.quantity, channel.value),
        names.unit(channel.unit),
        wording.quality(channel.quality),
        channel.quality in USABLE,
    )


def span(seconds: float, translate: Translate) -> str:
    """A length of time in its largest whole unit."""
    length_s, text = next((length_s, text) for below_s, length_s, text in words.SPANS if seconds < below_s)
    return translate(text) % (seconds // length_s)


def chart_lines(of_nodes: Iterable[tuple[str, list[Point]]]) -> tuple[list[float], list[tuple[str, list[float | None]]]]:
    """(times in s, [(label, values)]) on one axis, as uPlot wants it. A value that is not usable is a hole in the line."""
    lines: dict[str, dict[int, float]] = {}
    for node, points in of_nodes:
        several = len({point.slot for point in points}) > 1
        for point in points:
            line = lines.setdefault(f"{node} · {point.slot}" if several else node, {})
            if point.quality in USABLE and point.value is not None:
                line[point.start_ms] = round(point.value, 2)
    times = sorted({start_ms for line in lines.values() for start_ms in line})
    return [t / 1000 for t in times], [(label, [line.get(t) for t in times]) for label, line in lines.items() if line]
