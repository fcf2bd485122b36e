"""From a body to items, on the hot path. What is valid is the contract's business alone (contract/site/node_messages.py). Pure.

The usual item (only known fields, plainly good) is recognised by msgspec structures made from the contract's own table; they accept
nothing that the contract refuses. Everything else is judged by the contract. An item keeps the very bytes that its node wrote.
"""

from functools import lru_cache
from typing import Annotated, Any

import msgspec

from contract import values
from contract.errors import MessageError
from contract.messages import APPLIED, HELLO, ITEM_TYPES, MAX_ITEMS, REPORT
from contract.site import node_messages, shapes
from contract.site.node_messages import FIELDS


class _Envelope(msgspec.Struct):
    b: str
    i: list[msgspec.Raw]


class Row(msgspec.Struct, frozen=True):
    """One item as the buffer keeps it. Times in ms; `utc_ms` and `utc_error_ms` are None while the node knows no time."""

    node: str
    boot: str
    seq: int
    kind: str
    arrived_ms: int
    uptime_ms: int
    duration_ms: int
    utc_ms: int | None
    utc_error_ms: int | None
    body: bytes


class BadItem(msgspec.Struct, frozen=True):
    """An item of a known node that is not of its type. `seq` is None when not even that can be read."""

    node: str
    boot: str
    seq: int | None
    kind: str
    arrived_ms: int
    fault: str
    body: bytes


class SettingsShown(msgspec.Struct, frozen=True):
    """What an item shows of its node's settings. `ok` is None unless the node answers an offer."""

    boot: str
    seq: int
    version: int
    ok: bool | None
    faults: list[Any]


_SCALED = Annotated[int, msgspec.Meta(ge=-shapes.MAX_SCALED, le=shapes.MAX_SCALED)]
_TYPES: dict[str, Any] = {"bool": bool, "channels": list[list[_SCALED]]}


def _field(key: str, shape: str, least: int, greatest: int) -> tuple[Any, ...]:
    """One row of the contract's table as a field. A shape without a type here never matches: the contract judges it."""
    if shape == "int":
        type_: Any = Annotated[int, msgspec.Meta(ge=least, le=greatest)]
    elif shape in ("text", "channels"):
        type_ = Annotated[_TYPES.get(shape, str), msgspec.Meta(min_length=least, max_length=greatest)]
    else:
        type_ = _TYPES.get(shape, msgspec.UnsetType)
    if key[-1] == "?":
        return key[:-1], type_ | msgspec.UnsetType, msgspec.UNSET
    return key, type_


def _usual(kind: str) -> "msgspec.json.Decoder[Any]":
    fields = [_field(*row) for row in FIELDS[kind]]
    return msgspec.json.Decoder(msgspec.defstruct(kind, fields, kw_only=True, forbid_unknown_fields=True))


# Hellos and the like are rare: only reports come in floods.
_USUAL_REPORT = _usual(REPORT)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_RAW = msgspec.json.Decoder()
# The same few boots and channels come in every report, so the contract is asked once for each.
_is_boot = lru_cache(4096)(values.is_boot)


def read_envelope(body: bytes) -> tuple[str, list[bytes]]:
    """(boot, the bytes of each item). Raises MessageError when the whole is wrong; items are not looked into."""
    try:
        body.decode()
        envelope = _ENVELOPE.decode(body)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise MessageError((), str(error)) from error
    if not _is_boot(envelope.b):
        raise MessageError(("b",), values.BOOT_FORM, envelope.b)
    if not 1 <= len(envelope.i) <= MAX_ITEMS:
        raise MessageError(("i",), f"a list of 1 to {MAX_ITEMS}")
    return envelope.b, [bytes(raw) for raw in envelope.i]


def read_item(node: str, boot: str, kind: str, raw: bytes, arrived_ms: int) -> "tuple[Row, SettingsShown | None] | BadItem":
    assert kind in ITEM_TYPES
    usual = _usual_report(raw) if kind == REPORT else None
    if usual is not None:
        utc_ms, error_ms = (None, None) if usual.u is msgspec.UNSET else (usual.u, usual.e)
        row = Row(node, boot, usual.q, kind, arrived_ms, usual.s, usual.d, utc_ms, error_ms, raw)
        return row, SettingsShown(boot, usual.q, usual.c, None, [])
    try:
        fields = _judged(kind, raw)
    except MessageError as error:
        return BadItem(node, boot, _seq(raw), kind, arrived_ms, str(error), raw)
    row = Row(node, boot, fields["q"], kind, arrived_ms, fields["s"], fields.get("d", 0), fields.get("u"), fields.get("e"), raw)
    return row, _shown(kind, boot, fields)


def _usual_report(raw: bytes) -> Any:
    """The fields of a report that the contract would accept for certain, or None."""
    try:
        fields = _USUAL_REPORT.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if (fields.u is msgspec.UNSET) != (fields.e is msgspec.UNSET):
        return None
    for row in fields.ch:
        if len(row) == 7:
            slot, quantity, code, n, mean, least, greatest = row
            if not (least <= mean <= greatest and _good_head(7, slot, quantity, code, n)):
                return None
        elif len(row) != 4 or not _good_head(4, *row):
            return None
    return fields if len({(row[0], row[1]) for row in fields.ch}) == len(fields.ch) else None


@lru_cache(4096)
def _good_head(length: int, slot: int, quantity: int, quality: int, n: int) -> bool:
    return shapes.channel_fault([slot, quantity, quality, n, 0, 0, 0][:length]) is None


def _judged(kind: str, raw: bytes) -> dict[str, Any]:
    try:
        fields = _RAW.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MessageError((), str(error)) from error
    if not isinstance(fields, dict):
        raise MessageError((), "an object", fields)
    node_messages.check_fields(kind, fields, ())
    return fields


def _shown(kind: str, boot: str, fields: dict[str, Any]) -> SettingsShown | None:
    if kind == APPLIED:
        return SettingsShown(boot, fields["q"], fields["c"], fields["ok"], fields["f"])
    return SettingsShown(boot, fields["q"], fields["c"], None, []) if kind in (HELLO, REPORT) else None


def _seq(raw: bytes) -> int | None:
    try:
        fields = _RAW.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    seq = fields.get("q") if isinstance(fields, dict) else None
    return seq if values.is_int(seq, 0, values.MAX_SEQ) else None
