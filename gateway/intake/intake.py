"""What one message of a node is: authenticated, identified, checked; or refused with a reason that is counted. Pure.

No I/O: a message and the time in, a fact out. Knows no store and no carrier.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from contract import authentication, messages, topics
from contract.errors import AuthenticationError, MessageError
from contract.site import node_messages
from gateway.counters import REFUSALS, Counters
from gateway.items import BadItem, Row, SettingsShown, read_envelope, read_item
from host.token_bucket import TokenBucket

MAX_SEALED_BYTES = messages.MAX_MESSAGE_BYTES + authentication.SEAL_BYTES
_FAULTS_KEPT = 200  # characters
_parse_name = lru_cache(4096)(topics.parse_name)  # the same few come all the time


@dataclass(frozen=True)
class Items:
    node: str
    boot: str
    kind: str
    rows: list[Row]
    bad: list[BadItem]
    shown: list[SettingsShown]


@dataclass(frozen=True)
class TimeQuestion:
    node: str
    boot: str
    nonce: str


@dataclass(frozen=True)
class LogLine:
    node: str
    boot: str
    uptime_ms: int
    text: str


@dataclass(frozen=True)
class Gone:
    node: str
    boot: str


@dataclass(frozen=True)
class Refused:
    """`node` is who it claims to be from, when that much could be read."""

    node: str | None
    reason: str
    detail: str = ""


Fact = Items | TimeQuestion | LogLine | Gone | Refused


@dataclass
class _KnownNode:
    key: bytes
    bucket: TokenBucket
    refusals: Counter[str] = field(default_factory=Counter)


class Intake:
    """`unknown` remembers who spoke without being known, with how often; the one longest silent is forgotten first."""

    def __init__(self, counters: Counters, *, per_s: float, burst: float, unknown_limit: int) -> None:
        self._counters = counters
        self._per_s = per_s
        self._burst = burst
        self._unknown_limit = unknown_limit
        self._nodes: dict[str, _KnownNode] = {}
        self.unknown: OrderedDict[str, int] = OrderedDict()

    def know(self, keys: dict[str, bytes], now_s: float) -> None:
        """The nodes of this gateway from now on. Who was known keeps counters and rate."""
        before = self._nodes
        self._nodes = {}
        for node, key in keys.items():
            bucket = before[node].bucket if node in before else TokenBucket(self._per_s, self._burst, now_s)
            self._nodes[node] = _KnownNode(key, bucket, before[node].refusals if node in before else Counter())
            self.unknown.pop(node, None)

    def key(self, node: str) -> bytes | None:
        known = self._nodes.get(node)
        return known.key if known else None

    def refusals(self) -> dict[str, dict[str, int]]:
        """Per known node: what was refused in its name, by reason."""
        return {node: dict(known.refusals) for node, known in self._nodes.items()}

    def handle(self, name: str, payload: bytes, arrived_ms: int, now_s: float) -> Fact:
        """`name` is "<direction>/<node>/<type>" (contract/topics.py); `arrived_ms` UTC; `now_s` monotonic."""
        parsed = _parse_name(name)
        if parsed is None or parsed[0] != topics.UP:
            return self._refuse(None, "bad_topic")
        _, node, kind = parsed
        known = self._nodes.get(node)
        if known is None:
            return self._refuse_unknown(node)
        if kind not in messages.UP_TYPES:
            return self._refuse(node, "unknown_type")
        if len(payload) > MAX_SEALED_BYTES:
            return self._refuse(node, "too_long")
        try:
            body = authentication.unseal(known.key, topics.UP, node, kind, payload)
        except AuthenticationError as error:
            return self._refuse(node, error.reason)
        if not known.bucket.take(now_s):
            return self._refuse(node, "too_fast")
        return self._read(node, kind, body, arrived_ms)

    def _read(self, node: str, kind: str, body: bytes, arrived_ms: int) -> Fact:
        try:
            if kind in messages.ITEM_TYPES:
                return self._items(node, kind, *read_envelope(body), arrived_ms)
            return self._other(node, kind, node_messages.read(kind, body))
        except MessageError as error:
            return self._refuse(node, "bad_message", str(error))

    def _items(self, node: str, kind: str, boot: str, raws: list[bytes], arrived_ms: int) -> Items:
        items = Items(node, boot, kind, [], [], [])
        for raw in raws:
            item = read_item(node, boot, kind, raw, arrived_ms)
            if isinstance(item, BadItem):
                self._refuse(node, "bad_item")
                items.bad.append(item)
            else:
                items.rows.append(item[0])
                if item[1] is not None:
                    items.shown.append(item[1])
        return items

    def _other(self, node: str, kind: str, fields: dict[str, Any]) -> Fact:
        if kind == messages.LOG:
            return LogLine(node, fields["b"], fields["s"], fields["t"])
        if kind == messages.GONE:
            return Gone(node, fields["b"])
        if fields["w"] == messages.TIME:
            return TimeQuestion(node, fields["b"], fields["k"])
        return self._refuse(node, "unknown_wish", fields["w"])

    def _refuse_unknown(self, node: str) -> Refused:
        seen = self.unknown.pop(node, 0)
        self.unknown[node] = seen + 1
        while len(self.unknown) > self._unknown_limit:
            self.unknown.popitem(last=False)
        return self._refuse(node, "unknown_node")

    def _refuse(self, node: str | None, reason: str, detail: str = "") -> Refused:
        assert reason in REFUSALS
        self._counters.add("refused." + reason)
        if node in self._nodes:
            self._nodes[node].refusals[reason] += 1
        return Refused(node, reason, detail[:_FAULTS_KEPT])
