"""Which node must be sent which settings, and when again. No I/O: what nodes show in, what to send out. Pure.

A node shows its settings version in hello, report and applied; a greater desired one is sent, and again after 2 s, 4 s, ... 60 s,
until the node shows it or refuses it. A refused version is not sent again while this process lives. A version that is not
greater than the node's is never sent: the node would not take it (contract/messages.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.items import SettingsShown

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 60.0

NOTHING, MOVED, REFUSED = "nothing", "moved", "refused"


@dataclass
class _Node:
    key: bytes = b""
    desired_version: int = 0
    desired: dict[str, Any] = field(default_factory=dict)
    shown_at: tuple[str, int] = ("", -1)  # boot, seq: older items show nothing new
    shown_version: int | None = None
    refused_version: int | None = None
    faults: list[Any] = field(default_factory=list)
    wait_s: float = FIRST_WAIT_S
    due_s: float = 0.0

    def pending(self) -> bool:
        if self.shown_version is None or self.desired_version == self.refused_version:
            return False
        return self.desired_version > self.shown_version

    def refuse(self, shown: SettingsShown) -> str:
        if shown.version != self.desired_version or shown.version == self.refused_version:
            return NOTHING
        self.refused_version, self.faults = shown.version, shown.faults
        return REFUSED

    def state(self) -> str:
        if self.shown_version is None:
            return "unheard"
        if self.pending():
            return "pending"
        if self.desired_version == self.refused_version:
            return "refused"
        return "confirmed" if self.shown_version == self.desired_version else "ahead"


@dataclass(frozen=True)
class Offer:
    node: str
    version: int
    settings: dict[str, Any]


class NodeSettings:
    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}

    def desire(self, settings: dict[str, tuple[int, dict[str, Any]]], now_s: float, keys: Mapping[str, bytes] | None = None) -> None:
        """The nodes of this gateway with (version, settings) each, from now on. keys: of nodes; one with another key is another
        board, whose boots have nothing to do with those before."""
        before, key_of = self._nodes, keys or {}
        self._nodes = {node: _Node(key_of.get(node, b"")) for node in settings}
        self._nodes |= {node: known for node, known in before.items() if node in settings and known.key == self._nodes[node].key}
        for node, (version, wanted) in settings.items():
            state = self._nodes[node]
            if version != state.desired_version:
                state.desired_version, state.desired = version, wanted
                state.wait_s, state.due_s = FIRST_WAIT_S, now_s

    def shows(self, node: str, shown: SettingsShown, now_s: float) -> str:
        """What is new about the node: NOTHING, MOVED (next_action may have something to do), or REFUSED, once per version."""
        state = self._nodes.get(node)
        if state is None or (shown.boot, shown.seq) <= state.shown_at:
            return NOTHING
        afresh = shown.boot != state.shown_at[0]
        state.shown_at = (shown.boot, shown.seq)
        if afresh:
            state.wait_s, state.due_s = FIRST_WAIT_S, now_s  # started afresh: worth asking at once
        if shown.ok is False:
            return state.refuse(shown)
        moved = afresh or shown.version != state.shown_version
        state.shown_version = shown.version
        return MOVED if moved else NOTHING

    def next_action(self, now_s: float) -> Offer | None:
        for node, state in self._nodes.items():
            if state.pending() and state.due_s <= now_s:
                state.due_s = now_s + state.wait_s
                state.wait_s = min(2 * state.wait_s, LONGEST_WAIT_S)
                return Offer(node, state.desired_version, state.desired)
        return None

    def next_due(self) -> float | None:
        return min((state.due_s for state in self._nodes.values() if state.pending()), default=None)

    def parts(self) -> dict[str, dict[int, str]]:
        """Per node the part at each slot, as far as its desired settings name them."""
        return {
            node: {sensor["slot"]: sensor["part"] for sensor in state.desired.get("sensors", [])} for node, state in self._nodes.items()
        }

    def states(self) -> dict[str, dict[str, Any]]:
        """Per node: desired and shown version, state, and the faults that it gave."""
        return {
            node: {
                "desired": s.desired_version,
                "shown": s.shown_version,
                "state": s.state(),
                "faults": s.faults if s.refused_version else [],
            }
            for node, s in self._nodes.items()
        }
