"""What the device API answers, as data: one set of cases for the fleet service and for every stand-in of it.

The gateway is g-1 and has the node n-1; n-2 is another gateway's. A case is a row of requests to one fresh service, in order.
"""

import gzip
import json
from typing import Any, NamedTuple

from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.tests.district import BOOT, START_MS, event, hello, report

GATEWAY = "g-1"
NODE = "n-1"
FOREIGN_NODE = "n-2"
ARTIFACT = bytes(range(256)) * 40
WRONG_TOKEN = "not-a-token"
PROBLEM: dict[str, Any] = {"type": "about:blank"}
_MORE = {"Content-Encoding": "gzip"}


class Relative(NamedTuple):
    """To the version of the desired document."""

    offset: int


class Ask(NamedTuple):
    """`body`: JSON, or bytes as they are; the text CODE stands for a valid enrolment code. `answer`: what is in it at least.

    `token`: one of current, next (from the newest answer of token), none, wrong.
    """

    name: str
    path: str
    body: Any = None
    status: int = 200
    answer: Any = None
    token: str = "current"
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    answer_headers: dict[str, str] = {}


CODE = "CODE"


def refused(reason: str) -> dict[str, str]:
    return {keys.STATUS: device_api.REFUSED, keys.REASON: reason}


def results(*rows: dict[str, str], dropped: int = 0) -> dict[str, Any]:
    return {keys.RESULTS: list(rows), keys.DROPPED: dropped}


ACCEPTED = {keys.STATUS: device_api.ACCEPTED}
DUPLICATE = {keys.STATUS: device_api.DUPLICATE}
BAD_ITEM = refused(device_api.BAD_ITEM)


def ingest(name: str, body: Any, status: int = 200, answer: Any = None, **more: Any) -> Ask:
    return Ask(name, device_api.INGEST, body, status, PROBLEM if answer is None and status >= 400 else answer, **more)


def items(*rows: Any, **more: Any) -> dict[str, Any]:
    return {keys.ITEMS: list(rows), **more}


def changed(item: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {key: value for key, value in {**item, **fields}.items() if value is not None}


def anchor(node: str = NODE, **fields: Any) -> dict[str, Any]:
    return {keys.NODE: node, keys.BOOT: BOOT, keys.OFFSET_MS: START_MS, keys.ERROR_MS: 5, **fields}


def lost(node: str = NODE, first: int = 50, last: int = 60, **fields: Any) -> dict[str, Any]:
    return {keys.NODE: node, keys.BOOT: BOOT, keys.FROM: first, keys.TO: last, keys.WHY: "budget", **fields}


def zipped(document: Any) -> bytes:
    return gzip.compress(json.dumps(document).encode())


_BAD_ITEMS = {
    "an item that is no object": 7,
    "an item without a time": changed(report(1), time=None),
    "a dating of an unknown kind": changed(report(1), time={"how": "guess", "start_ms": 1, "error_ms": 1}),
    "an error below 0": changed(report(1), time={"how": "node", "start_ms": 1, "error_ms": -1}),
    "a time before 1970": changed(report(1), time={"how": "node", "start_ms": -1, "error_ms": 1}),
    "a seq that is not that of the body": changed(report(1), seq=2),
    "a seq above the greatest": changed(report(1), seq=2**31),
    "an unknown kind": changed(report(1), kind="poem"),
    "an invalid node id": changed(report(1), node="N 1"),
    "an invalid boot id": changed(report(1), boot="1"),
    "a body that is no object": changed(report(1), body=[]),
    "a report without channels": changed(report(1), body={"q": 1, "s": 0, "d": 10, "c": 0}),
    "an unknown quantity": report(1, [[0, 9999, 0, 1, 1, 1, 1]]),
    "a mean below the least": report(1, [[0, 2, 0, 1, 1, 2, 3]]),
    "an arrival in a text": changed(report(1), arrived_ms="now"),
}

INGEST = (
    ingest("an empty batch", items(), answer=results()),
    ingest("a report", items(report(1)), answer=results(ACCEPTED)),
    ingest("the same again", items(report(1)), answer=results(DUPLICATE)),
    ingest("twice in one batch", items(report(2), report(2)), answer=results(ACCEPTED, DUPLICATE)),
    ingest("every kind", items(hello(0), event(3, "fan", {})), answer=results(ACCEPTED, ACCEPTED)),
    ingest("of an unknown node", items(report(1, node="n-9")), answer=results(refused(device_api.UNKNOWN_NODE))),
    ingest("of another gateway's node", items(report(1, node=FOREIGN_NODE)), answer=results(refused(device_api.NOT_OF_THIS_GATEWAY))),
    ingest("of the gateway itself", items(event(0, "started", {}, node=GATEWAY)), answer=results(ACCEPTED)),
    ingest("a bad one between good ones", items(report(4), {}, report(5)), answer=results(ACCEPTED, BAD_ITEM, ACCEPTED)),
    *(ingest(name, items(item), answer=results({**BAD_ITEM})) for name, item in _BAD_ITEMS.items()),
    ingest("a position", items(changed(report(6), position={"why": "no_fix"})), answer=results(ACCEPTED)),
    ingest("a bad position", items(changed(report(7), position={"lat_e7": "north"})), answer=results(ACCEPTED)),
    ingest("dated by bounds", items(report(8, how="bounds", error_ms=10**9)), answer=results(ACCEPTED)),
    ingest("an anchor", items(anchors=[anchor()]), answer=results()),
    ingest("anchors that are bad or another's", items(anchors=[{}, anchor(FOREIGN_NODE), anchor(error_ms=-1)]), answer=results()),
    ingest("a dropped range", items(dropped=[lost()]), answer=results(dropped=1)),
    ingest("dropped ranges that are bad or another's", items(dropped=[{}, lost(FOREIGN_NODE), lost(first=9, last=8)]),
           answer=results(dropped=3)),
    ingest("compressed", zipped(items(report(9))), answer=results(ACCEPTED), headers=_MORE),
    ingest("an unknown key", items(report(10), mood="good"), answer=results(ACCEPTED)),
)  # fmt: skip

REFUSED_BATCHES = (
    ingest("not JSON", b"{", 400),
    ingest("cut off", json.dumps(items(report(1))).encode()[:-9], 400),
    ingest("another encoding of text", json.dumps(items(report(1))).encode("utf-16"), 400),
    ingest("no items", {}, 400),
    ingest("items that are no list", {keys.ITEMS: {}}, 400),
    ingest("a list", [], 400),
    ingest("too many items", items(*[0] * (device_api.MAX_BATCH_ITEMS + 1)), 413),
    ingest("too many anchors", items(anchors=[0] * (device_api.MAX_BATCH_ITEMS + 1)), 413),
    ingest("too many dropped ranges", items(dropped=[0] * (device_api.MAX_BATCH_ITEMS + 1)), 413),
    ingest("as many as allowed", items(*[0] * device_api.MAX_BATCH_ITEMS), 200, results(*[BAD_ITEM] * device_api.MAX_BATCH_ITEMS)),
    ingest("too many bytes", b" " * (device_api.MAX_INGEST_BYTES + 1), 413),
    ingest("too many bytes behind gzip", gzip.compress(bytes(device_api.MAX_INGEST_BYTES + 1)), 413, headers=_MORE),
    ingest("not gzip", b"hello", 400, headers=_MORE),
    ingest("gzip cut short", zipped(items())[:-4], 400, headers=_MORE),
    ingest("gzip with something behind it", zipped(items()) + zipped(items()), 400, headers=_MORE),
    ingest("another compression", b"hello", 400, headers={"Content-Encoding": "br"}),
    ingest("nothing of all that is in the record", items(report(1)), answer=results(ACCEPTED)),
)

_GUARDED = (device_api.TOKEN, device_api.INGEST, device_api.DESIRED)
TOKENS = (
    *(Ask(f"{path} without a token", path, {}, 401, PROBLEM, "none", answer_headers={"www-authenticate": "Bearer"}) for path in _GUARDED),
    *(Ask(f"{path} with a wrong token", path, {}, 401, PROBLEM, "wrong") for path in _GUARDED),
    Ask("a next token", device_api.TOKEN, {}),
    Ask("the one in use holds", device_api.INGEST, items()),
    Ask("another next token", device_api.TOKEN, {}),
    Ask("the proof: nothing is newer than the greatest version", device_api.DESIRED, None, 304, token="next",
        query={device_api.HAVE: device_api.MAX_VERSION, device_api.WAIT: 0}),
    Ask("the next one holds", device_api.INGEST, items(), token="next"),
)  # fmt: skip


def desired(name: str, status: int = 200, answer: Any = None, **query: Any) -> Ask:
    return Ask(name, device_api.DESIRED, None, status, PROBLEM if status >= 400 else answer, query=query)


def _document(offset: int) -> dict[str, Any]:
    return {keys.DOCUMENT: {keys.GATEWAY: GATEWAY, keys.VERSION: Relative(offset)}}


DESIRED = (
    desired("without a question", answer=_document(0)),
    desired("of a gateway that has none", answer=_document(0), have=0, wait=0),
    desired("nothing newer", 304, have=Relative(0), wait=0),
    desired("nothing newer within a second", 304, have=Relative(0), wait=1),
    desired("the greatest version", 304, have=device_api.MAX_VERSION, wait=0),
    desired("a version out of range", 422, have=device_api.MAX_VERSION + 1, wait=0),
    desired("a version below 0", 422, have=-1, wait=0),
    desired("a version that is no number", 422, have="all", wait=0),
    desired("too long a wait", 422, have=0, wait=device_api.MAX_WAIT_S + 1),
    desired("a version too far ahead", 304, have=Relative(device_api.MAX_VERSIONS_AHEAD + 1), wait=0),
    desired("a version ahead is overtaken", answer=_document(4), have=Relative(3), wait=0),
    desired("and that is what there is now", 304, have=Relative(4), wait=0),
)


def reported(name: str, status: int = 204, **fields: Any) -> Ask:
    body = {keys.VERSION: 1, keys.OK: True, **fields}
    return Ask(name, device_api.REPORTED, body, status, PROBLEM if status >= 400 else None)


REPORTED = (
    reported("the least"),
    *(reported(state, state=state, in_force=1, faults=["port: none"], counters={"items.stored": 7}) for state in device_api.TRIAL_STATES),
    reported("numbered", boot="0123456789abcdef", seq=0),
    reported("numbered in no boot", 422, boot="g" * 16, seq=0),
    reported("an unknown state", 422, state="pending"),
    reported("an unknown key", 422, mood="good"),
    reported("a version out of range", 422, version=device_api.MAX_VERSION + 1),
    reported("not whether it is good", 422, ok=1),
    reported("as many faults as allowed", faults=["x" * device_api.MAX_TEXT_CHARACTERS] * device_api.MAX_REPORTED_FAULTS),
    reported("too many faults", 422, faults=["x"] * (device_api.MAX_REPORTED_FAULTS + 1)),
    reported("too long a fault", 422, faults=["x" * (device_api.MAX_TEXT_CHARACTERS + 1)]),
    reported("too many counters", 422, counters={str(n): 1 for n in range(device_api.MAX_REPORTED_COUNTERS + 1)}),
    reported("a counter below 0", 422, counters={"a": -1}),
    Ask("not JSON", device_api.REPORTED, b"{", 400, PROBLEM),
    Ask("too large", device_api.REPORTED, b" " * (device_api.MAX_BODY_BYTES + 1), 413, PROBLEM),
)


def logs(name: str, status: int = 204, count: int = 1, **fields: Any) -> Ask:
    line = {keys.AT_MS: START_MS, keys.NODE: NODE, keys.LEVEL: "info", keys.TEXT: "hello", **fields}
    return Ask(name, device_api.LOGS, {keys.LINES: [line] * count}, status, PROBLEM if status >= 400 else None)


LOGS = (
    logs("a line"),
    logs("a line of the gateway", node=None),
    logs("as many as allowed", count=device_api.MAX_LOG_LINES),
    logs("too many", 422, count=device_api.MAX_LOG_LINES + 1),
    logs("too long a text", 422, text="x" * (device_api.MAX_TEXT_CHARACTERS + 1)),
    logs("an invalid level", 422, level="!"),
    logs("an invalid node id", 422, node="N 1"),
    logs("an unknown key", 422, mood="good"),
    Ask("no body", device_api.LOGS, b"", 422, PROBLEM),
    Ask("not JSON", device_api.LOGS, b"[", 400, PROBLEM),
)

ENROL = (
    Ask("a wrong code", device_api.ENROL, {keys.CODE: "AAAA-AAAA"}, 403, PROBLEM, "none"),
    Ask("no code", device_api.ENROL, {}, 422, PROBLEM, "none"),
    Ask("an empty code", device_api.ENROL, {keys.CODE: ""}, 422, PROBLEM, "none"),
    Ask("an unknown key", device_api.ENROL, {keys.CODE: CODE, "mood": 1}, 422, PROBLEM, "none"),
    Ask("not JSON", device_api.ENROL, b"{", 400, PROBLEM, "none"),
    Ask("a valid code", device_api.ENROL, {keys.CODE: CODE}, 200, {keys.GATEWAY: GATEWAY}, "none"),
    Ask("a used code", device_api.ENROL, {keys.CODE: CODE}, 403, PROBLEM, "none"),
)


def artifact(name: str, asked: str | None, status: int, answer: Any, **answer_headers: str) -> Ask:
    headers = {} if asked is None else {"Range": asked}
    named = {key.replace("_", "-"): value for key, value in answer_headers.items()}
    return Ask(name, device_api.ARTIFACTS + "/SHA256", None, status, answer, headers=headers, answer_headers=named)


ARTIFACTS = (
    artifact("whole", None, 200, ARTIFACT, accept_ranges="bytes"),
    artifact("a part", "bytes=10-19", 206, ARTIFACT[10:20], content_range="bytes 10-19/10240"),
    artifact("from a byte on", "bytes=10000-", 206, ARTIFACT[10000:], content_range="bytes 10000-10239/10240"),
    artifact("the last bytes", "bytes=-3", 206, ARTIFACT[-3:], content_range="bytes 10237-10239/10240"),
    artifact("an invalid range", "lines=1-2", 200, ARTIFACT),
    artifact("behind the end", "bytes=10240-", 416, PROBLEM, content_range="bytes */10240"),
    Ask("an unknown one", f"{device_api.ARTIFACTS}/{'0' * 64}", None, 404, PROBLEM),
    Ask("a name that is no hash", f"{device_api.ARTIFACTS}/readme", None, 422, PROBLEM),
)

CASES: dict[str, tuple[Ask, ...]] = {
    "ingest": INGEST,
    "batches refused whole": REFUSED_BATCHES,
    "tokens": TOKENS,
    "desired": DESIRED,
    "reported": REPORTED,
    "logs": LOGS,
    "enrol": ENROL,
    "artifacts": ARTIFACTS,
}
GETS = (device_api.DESIRED, device_api.ARTIFACTS)
