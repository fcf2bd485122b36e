"""The bodies of requests, judged as the fleet judges them.

Items, anchors and dropped ranges go through the fleet's own reader, so a stand-in is never laxer about them. `trusting` reads only who
sent what, for figures of the gateway that the judging would slow down.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict, TypeVar

import msgspec
from msgspec import Meta, Struct

from contract import values
from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.errors import MalformedError, TooLargeError
from fleet.record.ingest.items import BadItem, read_batch
from hil_tests.stand_in_fleet.problems import RefusedError

T = TypeVar("T")
_GZIP = 16 + zlib.MAX_WBITS
_Count = Annotated[int, Meta(ge=0, le=values.MAX_INT)]
_Version = Annotated[int, Meta(ge=0, le=device_api.MAX_VERSION)]
_Text = Annotated[str, Meta(max_length=device_api.MAX_TEXT_CHARACTERS)]
_Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Enrol(Struct, forbid_unknown_fields=True):
    code: Annotated[str, Meta(min_length=1, max_length=64)]


class Report(Struct, forbid_unknown_fields=True):
    version: _Version
    ok: bool
    state: device_api.TrialState | None = None
    in_force: _Version | None = None
    faults: Annotated[list[_Text], Meta(max_length=device_api.MAX_REPORTED_FAULTS)] = []
    counters: Annotated[dict[_Name, _Count], Meta(max_length=device_api.MAX_REPORTED_COUNTERS)] = {}
    boot: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")] | None = None
    seq: _Count | None = None


class LogLine(Struct, forbid_unknown_fields=True):
    at_ms: _Count
    level: Annotated[str, Meta(pattern="^[A-Za-z]{1,10}$")]
    text: _Text
    node: Annotated[str, Meta(pattern="^[a-z0-9-]{1,32}$")] | None = None


class Logs(Struct, forbid_unknown_fields=True):
    lines: Annotated[list[LogLine], Meta(max_length=device_api.MAX_LOG_LINES)]


class Sender(TypedDict):
    """As much of an item as tells it from every other."""

    node: str
    boot: str
    seq: int
    kind: str


class _Trusted(Struct):
    items: list[Sender]
    anchors: list[Any] = []
    dropped: list[Any] = []


@dataclass(frozen=True)
class Batch:
    """`items` as they came, `faults` what is wrong with each. `anchors`, `dropped`: those that are good; `refused`: why the others are not.

    `told`: how many dropped ranges came.
    """

    document: Any
    items: list[Any]
    faults: list[str | None]
    anchors: list[Any]
    dropped: list[Any]
    told: int
    refused: list[str]


Reader = Callable[[bytes], Batch]


def judging(body: bytes) -> Batch:
    """Raises RefusedError where the fleet refuses the whole batch."""
    try:
        batch = read_batch(body)
    except MalformedError as error:
        raise RefusedError(400, str(error)) from None
    except TooLargeError as error:
        raise RefusedError(413, str(error)) from None
    document = msgspec.json.decode(body)
    anchors = list(zip(document.get(keys.ANCHORS, []), batch.anchors))
    dropped = list(zip(document.get(keys.DROPPED, []), batch.dropped))
    return Batch(
        document,
        document[keys.ITEMS],
        [item.detail if isinstance(item, BadItem) else None for item in batch.items],
        [raw for raw, good in anchors if good],
        [raw for raw, good in dropped if good],
        len(dropped),
        [device_api.BAD_ANCHOR for _, good in anchors if not good]
        + [device_api.BAD_TOMBSTONE for _, good in dropped if not good]
        + [device_api.BAD_POSITION for item in batch.items if not isinstance(item, BadItem) and item.position is False],
    )


_trusted_decoder = msgspec.json.Decoder(_Trusted)


def trusting(body: bytes) -> Batch:
    batch = _trusted_decoder.decode(body)
    return Batch(batch, batch.items, [None] * len(batch.items), batch.anchors, batch.dropped, len(batch.dropped), [])


def plain(body: bytes, encoding: str) -> bytes:
    """The body without its gzip. Raises RefusedError."""
    if encoding == "gzip":
        inflate = zlib.decompressobj(_GZIP)
        try:
            body = inflate.decompress(body, device_api.MAX_INGEST_BYTES + 1)
        except zlib.error as error:
            raise RefusedError(400, f"not gzip: {error}") from None
        if len(body) <= device_api.MAX_INGEST_BYTES and (not inflate.eof or inflate.unused_data):
            raise RefusedError(400, "gzip: cut short, or followed by something else")
    elif encoding != "identity":
        raise RefusedError(400, "Content-Encoding: gzip, or none")
    if len(body) > device_api.MAX_INGEST_BYTES:
        raise RefusedError(413, f"at most {device_api.MAX_INGEST_BYTES} bytes")
    return body


def read(kind: type[T], body: bytes) -> T:
    """Raises RefusedError."""
    if len(body) > device_api.MAX_BODY_BYTES:
        raise RefusedError(413, f"at most {device_api.MAX_BODY_BYTES} bytes")
    if not body:
        raise RefusedError(422, "a body is needed")
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, f"not JSON: {error}") from None
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise RefusedError(422, str(error)) from None


def whole_number(text: str, name: str, greatest: int) -> int:
    """Of a query. Raises RefusedError."""
    if not text.isdecimal() or int(text) > greatest:
        raise RefusedError(422, f"{name}: an integer, 0 to {greatest}")
    return int(text)
