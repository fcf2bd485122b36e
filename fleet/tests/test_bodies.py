"""The fleet takes exactly the bodies that the contract takes, fast path or not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import messages
from contract.errors import MessageError
from contract.site import node_messages
from fleet.record.ingest.bodies import read_fields, read_report
from fleet.tests.district import PM2_5, applied, event, hello, report

BODIES: dict[str, tuple[str, Any]] = {
    "hello": ("hello", hello()["body"]),
    "event": ("event", event(1, "k", {"a": [1, None, {"b": True}]})["body"]),
    "applied": ("applied", applied(1, 3, ["period_ms: too short"])["body"]),
    "report": ("report", report(1)["body"]),
    "report_without_channels": ("report", report(1, [])["body"]),
    "report_of_silence": ("report", report(1, [[0, PM2_5, 2, 0]])["body"]),
    "report_with_a_doubtful_value": ("report", report(1, [[0, PM2_5, 1, 3, 5, 4, 6]])["body"]),
    "report_dated": ("report", {**report(1)["body"], "u": 5, "e": 6}),
    "report_with_unknown_fields": ("report", {**report(1)["body"], "x": {"y": [1]}}),
}
# Where to put it, what to put there; None as a value is JSON's null, `DELETE` takes the field away.
DELETE = object()
DAMAGE: list[tuple[str, Any]] = [
    (key, value)
    for key in ("q", "s", "d", "c", "u", "e", "ch", "hw", "rc", "sn", "k", "a", "ok", "f", "x")
    for value in (DELETE, None, True, -1, 0, 1.0, 1.5, 1 << 31, 1 << 53, 10**30, "", "text", "y" * 500, [], [1], {}, {"z": 1.5}, {"": 1})
]
CHANNELS: list[Any] = [
    [0, 2, 0, 1, 5, 4, 6],
    [15, 2, 13, 1, 5, 5, 5],
    [16, 2, 0, 1, 5, 5, 5],
    [-1, 2, 0, 1, 5, 5, 5],
    [0, 999, 0, 1, 5, 5, 5],
    [0, 2, 99, 1, 5, 5, 5],
    [0, 2, 0, 1, 5, 6, 7],
    [0, 2, 0, 1, 5, 4, 4],
    [0, 2, 2, 1, 5, 5, 5],
    [0, 2, 0, 0],
    [0, 2, 2, 0],
    [0, 2, 2, 0, 5, 5, 5],
    [0, 2, 0, 1],
    [0, 2, 0, 1, 5],
    [0, 2, 0, 1, 5, 5],
    [0, 2, 0, 1, 5, 5, 5, 5],
    [0, 2, 0, 1_000_001, 5, 5, 5],
    [0, 2, 0, 1, (1 << 31) - 1, 0, (1 << 31) - 1],
    [0, 2, 0, 1, 1 << 31, 0, 1 << 31],
    [0, 2, 0, 1, None, None, None],
    [0, 2, 0, True, 5, 5, 5],
    [0, 2, 0, 1, 5.0, 5, 5],
    {},
    "channel",
    None,
]


def contract_takes(kind: str, body: bytes) -> bool:
    try:
        node_messages.read(kind, b'{"b":"00000001aaaaaaaa","i":[' + body + b"]}")
    except MessageError:
        return False
    return True


def fleet_takes(kind: str, body: bytes) -> bool:
    try:
        read_report(body) if kind == "report" else read_fields(kind, body)
    except MessageError:
        return False
    return True


@pytest.mark.parametrize(("kind", "body"), BODIES.values(), ids=BODIES.keys())
def test_every_kind_of_body_is_taken(kind: str, body: Any) -> None:
    assert fleet_takes(kind, json.dumps(body).encode())


@pytest.mark.parametrize(("kind", "body"), BODIES.values(), ids=BODIES.keys())
def test_fleet_and_contract_judge_every_damage_alike(kind: str, body: Any) -> None:
    refused = 0
    for key, value in DAMAGE:
        damaged = {name: field for name, field in body.items() if name != key} | ({} if value is DELETE else {key: value})
        written = json.dumps(damaged).encode()
        assert fleet_takes(kind, written) == contract_takes(kind, written), written
        refused += not fleet_takes(kind, written)
    assert refused > 50


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_fleet_and_contract_judge_every_channel_alike(channel: Any) -> None:
    written = json.dumps({**report(1)["body"], "ch": [channel]}).encode()
    assert fleet_takes("report", written) == contract_takes("report", written)


TEXTS = [
    b'{"q":1',
    b"",
    b"null",
    b"[]",
    b'{"q":NaN}',
    b'{"a":"\\ud800"}',
    b'{"a":"\xff"}',
    b'{"q":1e999}',
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("kind", messages.ITEM_TYPES)
def test_what_is_no_json_object_is_refused(kind: str, text: bytes) -> None:
    assert not fleet_takes(kind, text)


def test_the_values_of_a_report_are_read_alike_on_both_paths() -> None:
    body = report(1, [[0, PM2_5, 0, 10, 1234, 1200, 1300], [1, 30, 2, 0]])["body"]
    plain, loose = read_report(json.dumps(body).encode()), read_report(json.dumps({**body, "x": 1}).encode())
    assert type(plain) is not type(loose)
    assert [plain.q, plain.s, plain.d, plain.c, plain.ch] == [loose.q, loose.s, loose.d, loose.c, loose.ch]


INTEGERS = st.integers(-(1 << 33), 1 << 33) | st.sampled_from([0, 1, 2, 3, 13])


@given(st.lists(st.lists(INTEGERS, min_size=3, max_size=8), max_size=3), st.integers(-1, 4_000_000))
def test_fleet_and_contract_judge_any_report_alike(channels: list[list[int]], duration_ms: int) -> None:
    written = json.dumps({**report(1)["body"], "d": duration_ms, "ch": channels}).encode()
    assert fleet_takes("report", written) == contract_takes("report", written)


def test_fleet_and_contract_refuse_the_same_channel_twice() -> None:
    written = json.dumps(report(1, [[0, PM2_5, 2, 0], [1, PM2_5, 2, 0], [0, PM2_5, 0, 1, 5, 5, 5]])["body"]).encode()
    assert not fleet_takes("report", written) and not contract_takes("report", written)
