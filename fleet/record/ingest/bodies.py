"""The body of an item, judged by the contract (contract.site.node_messages). Pure. Does not depend on the envelope it came in.

Reports, which are nearly all there is, are first tried against structures that accept a part of what the contract accepts, several
times faster; whatever those refuse goes to the contract, which also gives the reason.
"""

from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from contract import messages, quality, quantities, values
from contract.errors import MessageError
from contract.site import node_messages, qualities, shapes

Unreadable = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_Ms = Annotated[int, Meta(ge=0, le=values.MAX_INT)]
_Seq = Annotated[int, Meta(ge=0, le=values.MAX_SEQ)]
_Scaled = Annotated[int, Meta(ge=-shapes.MAX_SCALED, le=shapes.MAX_SCALED)]
if TYPE_CHECKING:
    _Quantity = int
    _Quality = int
else:
    _Quantity = Literal[tuple(quantities.BY_ID)]
    _Quality = Literal[tuple(qualities.KEYS)]


class Channel(Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """mean, least and greatest are None where n is 0."""

    slot: Annotated[int, Meta(ge=0, le=15)]
    quantity: _Quantity
    quality: _Quality
    n: Annotated[int, Meta(ge=0, le=1_000_000)]
    mean: _Scaled = None  # type: ignore[assignment]  # absent, never null: the type is of what is on the wire
    least: _Scaled = None  # type: ignore[assignment]
    greatest: _Scaled = None  # type: ignore[assignment]


class Report(Struct, forbid_unknown_fields=True):
    q: _Seq
    s: _Ms
    d: Annotated[int, Meta(ge=1, le=3_600_000)]
    c: _Seq
    ch: Annotated[list[Channel], Meta(max_length=shapes.MAX_CHANNELS)]
    u: _Ms | UnsetType = UNSET
    e: _Ms | UnsetType = UNSET


class LooseReport(Struct):
    """A report that the contract has accepted: unknown fields are allowed, limits need no second look."""

    q: int
    s: int
    d: int
    c: int
    ch: list[Channel]


_slot_and_quantity = attrgetter("slot", "quantity")
_report_decoder = msgspec.json.Decoder(Report)


def read_report(body: bytes) -> Report | LooseReport:
    """Raises MessageError where the contract does."""
    report: Report | LooseReport | None = _plain_report(body)
    if report is None:
        report = msgspec.convert(read_fields(messages.REPORT, body), LooseReport)
    return report


def read_fields(kind: str, body: bytes) -> dict[str, Any]:
    """Raises MessageError where the contract does."""
    try:
        fields: Any = msgspec.json.decode(body)
    except Unreadable:
        raise MessageError(("body",), "JSON") from None
    if not isinstance(fields, dict):
        raise MessageError(("body",), "an object", fields)
    node_messages.check_fields(kind, fields, ("body",))
    return fields


def _plain_report(body: bytes) -> Report | None:
    try:
        report = _report_decoder.decode(body)
    except Unreadable:
        return None
    if (report.u is UNSET) != (report.e is UNSET) or len(set(map(_slot_and_quantity, report.ch))) != len(report.ch):
        return None
    return report if all(map(_is_plain, report.ch)) else None


def _is_plain(channel: Channel) -> bool:
    # Good beyond doubt; the contract judges the others.
    if channel.n:
        return channel.greatest is not None and channel.least <= channel.mean <= channel.greatest and channel.quality in quality.VALUED
    return channel.mean is None and channel.quality not in quality.USABLE
