"""A node as a row of a list, or as the head of its own page: its state, how old what it says is, its values. Asks no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from contract import quality, quantities
from contract.site import display_names as names
from contract.site import qualities
from contract.site.lateness import limits_s
from fleet.pages import words
from fleet.pages.wording import Wording
from fleet.record.latest import LatestValue
from fleet.record.node_list import NodeView

USABLE = {qualities.KEYS[code] for code in quality.USABLE}
# A node without values says something at least this often: a report without sensors still is one.
_PERIOD_OF_OTHERS_S = 60.0


@dataclass(frozen=True, slots=True)
class Value:
    """text: rounded, None where there is only a reason. age_s: of this value itself."""

    quantity: str
    label: str
    slot: int
    text: str | None
    unit: str
    quality: str
    usable: bool
    age_s: float
    age: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """values: those that the node measures now. earlier: the last ones of what it measured before. age_s: of the newest value, else of the
    newest sign of life; None before the first. error: how well its time is known, "" where that is within a second."""

    id: str
    site: str
    site_name: str
    gateway: str
    station: bool
    state: str
    state_name: str
    mark: str
    age_s: float | None
    age: str
    error: str
    values: list[Value] = field(default_factory=list)
    earlier: list[Value] = field(default_factory=list)

    def of(self, column: tuple[str, ...]) -> list[Value]:
        return [value for value in self.values if value.quantity in column]


def row(node: NodeView, channels: list[LatestValue], now_ms: int, wording: Wording) -> NodeRow:
    newest = _newest(channels)
    late_s, _ = _limits_s(newest)
    heard_s = _heard_s(node, now_ms)
    state = state_of(node, channels, now_ms)
    ordered = sorted(channels, key=lambda channel: (words.CHART_ORDER.index(channel.quantity), channel.slot))
    # What is much older than the newest comes from a sensor that is no longer there.
    oldest_s = -1.0 if newest is None or state == words.NO_SENSORS else newest.age_s + late_s
    age_s = heard_s if newest is None or state == words.NO_SENSORS else newest.age_s
    error_s = newest.error_ms / 1000 if newest else 0
    return NodeRow(
        node.id, node.site, node.site_name, node.gateway, node.station,
        state, wording.translate(words.STATE_NAMES[state]), words.STATE_MARKS[state],
        age_s, "" if age_s is None else wording.ago(age_s), wording.span(error_s) if error_s >= 1 else "",
        [_value(channel, wording) for channel in ordered if channel.age_s <= oldest_s],
        [_value(channel, wording) for channel in ordered if channel.age_s > oldest_s],
    )  # fmt: skip


def columns(rows: Iterable[NodeRow]) -> list[tuple[str, ...]]:
    """Of names.FIRST those that any of the rows has."""
    present = {value.quantity for one in rows for value in one.values}
    return [column for column in names.FIRST if present & set(column)]


def unit_of(column: tuple[str, ...]) -> str:
    return names.unit(quantities.unit(quantities.ID[column[0]]))


def state_of(node: NodeView, channels: list[LatestValue], now_ms: int) -> str:
    """Of words.STATES."""
    late_s, silent_s = _limits_s(_newest(channels))
    heard_s = _heard_s(node, now_ms)
    if heard_s is None and not channels:
        return words.NEW
    age_s = min((channel.age_s for channel in channels), default=float("inf"))
    if age_s > silent_s:
        says_something = heard_s is not None and heard_s <= max(silent_s, 2 * _PERIOD_OF_OTHERS_S) and heard_s < age_s - late_s
        return words.NO_SENSORS if says_something else words.SILENT
    if age_s > late_s:
        return words.LATE
    current = [channel for channel in channels if channel.age_s <= age_s + late_s]
    return words.FAULTY if any(channel.quality in words.FAULTS for channel in current) else words.LIVE


def _newest(channels: list[LatestValue]) -> LatestValue | None:
    return min(channels, key=lambda channel: channel.age_s, default=None)


def _limits_s(newest: LatestValue | None) -> tuple[float, float]:
    return limits_s(newest.duration_ms / 1000 if newest else _PERIOD_OF_OTHERS_S)


def _heard_s(node: NodeView, now_ms: int) -> float | None:
    return None if node.last_ms is None else max(0.0, (now_ms - node.last_ms) / 1000)


def _value(channel: LatestValue, wording: Wording) -> Value:
    text = None if channel.value is None else names.rounded(channel.quantity, channel.value)
    return Value(
        channel.quantity, wording.quantity(channel.quantity), channel.slot, text, names.unit(channel.unit),
        wording.quality(channel.quality), channel.quality in USABLE, channel.age_s, wording.ago(channel.age_s),
    )  # fmt: skip
