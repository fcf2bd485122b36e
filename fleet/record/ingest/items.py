"""An ingest request, decoded item by item, so that a bad one harms no other. Does not depend on nodes, gateways and the store.

Pure.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from contract import messages, topics, values
from contract.errors import MessageError
from contract.site import device_api, gps_positions
from contract.site import device_api_keys as keys
from fleet.errors import MalformedError, TooLargeError
from fleet.record.dating import HOW_ANCHOR, HOW_BOUNDS, HOW_NODE
from fleet.record.ingest.bodies import LooseReport, Report, Unreadable, read_fields, read_report
from fleet.store.storable import storable

_HOW_CODES = {device_api.BY_NODE: HOW_NODE, device_api.BY_ANCHOR: HOW_ANCHOR, device_api.BY_BOUNDS: HOW_BOUNDS}

_Ms = Annotated[int, Meta(ge=0, le=values.MAX_INT)]
_Seq = Annotated[int, Meta(ge=0, le=values.MAX_SEQ)]
if TYPE_CHECKING:
    _Fix = str
    _Why = str
else:
    _Fix = Literal[tuple(gps_positions.FIXES.values())]
    _Why = Literal[tuple(gps_positions.REASONS)]


class _Batch(Struct):
    items: list[Raw]
    anchors: list[Raw] = []
    dropped: list[Raw] = []


class _Dating(Struct):
    how: device_api.Dating
    start_ms: _Ms
    error_ms: _Ms


class _Envelope(Struct):
    node: str
    boot: str
    seq: _Seq
    kind: Literal["hello", "report", "event", "applied"]
    arrived_ms: _Ms
    time: _Dating
    body: Raw
    position: Raw = Raw()


class Position(Struct, gc=False):
    """contract.site.gps_positions: a place, or `why` there is none."""

    lat_e7: Annotated[int, Meta(ge=-gps_positions.MAX_LAT_E7, le=gps_positions.MAX_LAT_E7)] | None = None
    lon_e7: Annotated[int, Meta(ge=-gps_positions.MAX_LON_E7, le=gps_positions.MAX_LON_E7)] | None = None
    speed_mm_s: Annotated[int, Meta(ge=0, le=gps_positions.MAX_SPEED_MM_S)] | None = None
    fix: _Fix | None = None
    hdop_x100: Annotated[int, Meta(ge=0, le=gps_positions.MAX_HDOP_X100)] | None = None
    age_ms: _Ms | None = None
    why: _Why | None = None

    def is_whole(self) -> bool:
        place = (self.lat_e7, self.lon_e7, self.speed_mm_s, self.fix, self.age_ms)
        if self.why is not None:
            return not any(value is not None for value in place)
        return all(value is not None for value in place)


class Anchor(Struct):
    """UTC = uptime + offset_ms, give or take error_ms, for the whole of this boot."""

    node: str
    boot: str
    offset_ms: Annotated[int, Meta(ge=-values.MAX_INT, le=values.MAX_INT)]
    error_ms: _Ms


class Tombstone(Struct, rename={"first": keys.FROM, "last": keys.TO}):
    """Items that a node or its gateway gave up, and why."""

    node: str
    boot: str
    first: _Seq
    last: _Seq
    why: Annotated[str, Meta(max_length=device_api.MAX_WHY_CHARACTERS)]


class Item(Struct, gc=False):
    """A good item. version: the settings version it shows to be in force, or None. Of `report` and `fields` one is None. position: None
    where none came, False where it was invalid."""

    node: str
    boot: str
    seq: int
    kind: str
    arrived_ms: int
    how: int
    start_ms: int
    error_ms: int
    uptime_ms: int
    body: bytes
    version: int | None
    report: Report | LooseReport | None
    fields: dict[str, Any] | None
    position: Position | Literal[False] | None


class Batch(Struct):
    """A request. None stands for an invalid anchor or tombstone."""

    items: "list[Item | BadItem]"
    anchors: list[Anchor | None]
    dropped: list[Tombstone | None]


class BadItem(Struct):
    """An invalid item. node and boot are empty where not even they could be read."""

    node: str
    boot: str
    detail: str


_batch_decoder = msgspec.json.Decoder(_Batch)
_envelope_decoder = msgspec.json.Decoder(_Envelope)
_tombstone_decoder = msgspec.json.Decoder(Tombstone)
_position_decoder = msgspec.json.Decoder(Position)
_anchor_decoder = msgspec.json.Decoder(Anchor)
# The same few ids come in every request.
_is_node = lru_cache(4096)(topics.is_node_id)
_is_boot = lru_cache(4096)(values.is_boot)


def read_batch(body: bytes) -> Batch:
    """Everything in the order of the request.

    Raises MalformedError when the body is not such a document, TooLargeError beyond device_api.MAX_BATCH_ITEMS of either.
    """
    try:
        batch = _batch_decoder.decode(body)
    except Unreadable as error:
        raise MalformedError(_detail(error)) from None
    if max(len(batch.items), len(batch.anchors), len(batch.dropped)) > device_api.MAX_BATCH_ITEMS:
        raise TooLargeError("items", device_api.MAX_BATCH_ITEMS)
    return Batch(
        [read_item(raw) for raw in batch.items],
        [_read_anchor(raw) for raw in batch.anchors],
        [read_tombstone(raw) for raw in batch.dropped],
    )


def read_item(raw: Raw) -> Item | BadItem:
    try:
        envelope = _envelope_decoder.decode(raw)
    except Unreadable as error:
        return BadItem("", "", _detail(error))
    if not _is_node(envelope.node) or not _is_boot(envelope.boot):
        return BadItem("", "", "node or boot: not an id")
    try:
        return _judge(envelope)
    except MessageError as error:
        return BadItem(envelope.node, envelope.boot, storable(str(error), device_api.MAX_DETAIL_CHARACTERS))


def read_tombstone(raw: Raw | bytes) -> Tombstone | None:
    try:
        tombstone = _tombstone_decoder.decode(raw)
    except Unreadable:
        return None
    return tombstone if tombstone.first <= tombstone.last and _is_node(tombstone.node) and _is_boot(tombstone.boot) else None


def _read_anchor(raw: Raw) -> Anchor | None:
    try:
        anchor = _anchor_decoder.decode(raw)
    except Unreadable:
        return None
    return anchor if _is_node(anchor.node) and _is_boot(anchor.boot) else None


def _read_position(raw: Raw) -> Position | Literal[False] | None:
    # A bad one costs its item nothing but the place.
    if not bytes(raw):
        return None
    try:
        position = _position_decoder.decode(raw)
    except Unreadable:
        return False
    return position.is_whole() and position


def _judge(envelope: _Envelope) -> Item:
    body = bytes(envelope.body)
    if len(body) > messages.MAX_MESSAGE_BYTES:
        raise MessageError((keys.BODY,), f"at most {messages.MAX_MESSAGE_BYTES} bytes")
    report: Report | LooseReport | None = None
    fields: dict[str, Any] | None = None
    version: int | None
    if envelope.kind == messages.REPORT:
        report = read_report(body)
        seq, uptime_ms, version = report.q, report.s, report.c
    else:
        fields = read_fields(envelope.kind, body)
        seq, uptime_ms, version = fields["q"], fields["s"], _version_in_force(envelope.kind, fields)
    if seq != envelope.seq:
        raise MessageError((keys.BODY, "q"), "the seq of the item", seq)
    how, time = _HOW_CODES[envelope.time.how], envelope.time
    return Item(
        envelope.node, envelope.boot, seq, envelope.kind, envelope.arrived_ms,
        how, time.start_ms, time.error_ms, uptime_ms, body, version, report, fields, _read_position(envelope.position),
    )  # fmt: skip


def _version_in_force(kind: str, fields: dict[str, Any]) -> int | None:
    # An event may carry a field of that name, which is then an unknown one.
    if kind == messages.HELLO or (kind == messages.APPLIED and fields["ok"]):
        return int(fields["c"])
    return None


def _detail(error: Exception) -> str:
    return storable(str(error), device_api.MAX_DETAIL_CHARACTERS)
