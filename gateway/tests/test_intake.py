"""Intake: every way to be refused has its reason and its count, per node, and costs no other node anything."""

import pytest

from contract import messages
from contract.authentication import seal
from gateway.counters import REFUSALS, Counters
from gateway.intake.intake import MAX_SEALED_BYTES, Fact, Gone, Intake, Items, LogLine, Refused, TimeQuestion
from gateway.tests.site import BOOT, hello, items, key_of, report, sealed


def _intake(per_s: float = 100, burst: float = 100) -> Intake:
    intake = Intake(Counters(), per_s=per_s, burst=burst, unknown_limit=3)
    intake.know({"n-1": key_of("n-1"), "n-2": key_of("n-2")}, 0)
    return intake


_GOOD = sealed("n-1", "report", items("report", report(0)))
_REFUSED = {
    "bad_topic": ("down/n-1/report", _GOOD),
    "unknown_node": ("up/stranger/report", _GOOD),
    "unknown_type": ("up/n-1/tune", _GOOD),
    "too_long": ("up/n-1/report", b"x" * (MAX_SEALED_BYTES + 1)),
    "no_seal": ("up/n-1/report", b"{}"),
    "bad_mac": ("up/n-1/report", _GOOD[:-1] + (b"0" if _GOOD[-1:] != b"0" else b"1")),
    "bad_message": ("up/n-1/report", sealed("n-1", "report", b"{")),
    "unknown_wish": ("up/n-1/get", sealed("n-1", "get", {"b": BOOT, "s": 1, "w": "tea", "k": "x"})),
}


@pytest.mark.parametrize("reason", _REFUSED)
def test_what_is_wrong_is_refused_with_its_reason_and_counted(reason: str) -> None:
    counters = Counters()
    intake = Intake(counters, per_s=1, burst=1, unknown_limit=3)
    intake.know({"n-1": key_of("n-1")}, 0)
    name, payload = _REFUSED[reason]
    fact = intake.handle(name, payload, 0, 0)
    assert isinstance(fact, Refused) and fact.reason == reason
    assert counters["refused." + reason] == 1
    assert sum(counters["refused." + other] for other in REFUSALS) == 1
    if name.startswith("up/n-1"):
        assert intake.refusals() == {"n-1": {reason: 1}}


def test_every_reason_is_tried_here_or_below() -> None:
    assert set(REFUSALS) == set(_REFUSED) | {"too_fast", "bad_item"}


_BODIES: dict[str, dict[str, object]] = {
    "hello": items("hello", hello(0)),
    "report": items("report", report(0)),
    "event": items("event", {"q": 0, "s": 1, "k": "crashed", "a": {}}),
    "applied": items("applied", {"q": 0, "s": 1, "c": 1, "ok": True, "f": []}),
    "get": {"b": BOOT, "s": 1, "w": "time", "k": "x"},
    "log": {"b": BOOT, "s": 9, "t": "hot"},
    "gone": {"b": BOOT},
}


@pytest.mark.parametrize("kind", messages.UP_TYPES)
def test_a_message_of_every_type_is_accepted_only_with_the_seal_of_its_node_and_type(kind: str) -> None:
    raw = messages.write(_BODIES[kind])
    good = sealed("n-1", kind, raw)
    other_type = "report" if kind != "report" else "event"
    bad = {
        "without seal": raw,
        "corrupted": good[:-1] + (b"0" if good[-1:] != b"0" else b"1"),
        "another key": sealed("n-1", kind, raw, key=bytes(32)),
        "another node": sealed("n-2", kind, raw),
        "another type": seal(key_of("n-1"), "up", "n-1", other_type, raw),
        "the gateway's direction": seal(key_of("n-1"), "down", "n-1", kind, raw),
        "another body": messages.write({**_BODIES[kind], "b": "00000002cafecafe"}) + good[-33:],
    }
    for what, payload in bad.items():
        fact = _intake().handle(f"up/n-1/{kind}", payload, 0, 0)
        assert isinstance(fact, Refused) and fact.reason == ("no_seal" if what == "without seal" else "bad_mac"), what
    assert not isinstance(_intake().handle(f"up/n-1/{kind}", good, 0, 0), Refused)


def test_items_become_rows_and_show_the_settings_version() -> None:
    fact = _intake().handle("up/n-1/hello", sealed("n-1", "hello", items("hello", hello(0, version=4, u=1000, e=5))), 77, 0)
    assert isinstance(fact, Items)
    row = fact.rows[0]
    assert (row.node, row.boot, row.seq, row.kind, row.arrived_ms, row.utc_ms, row.utc_error_ms) == ("n-1", BOOT, 0, "hello", 77, 1000, 5)
    assert (fact.shown[0].version, fact.shown[0].ok) == (4, None)


def test_one_bad_item_does_not_harm_its_neighbours() -> None:
    intake = _intake()
    body = items("report", report(0), report(1) | {"c": -1}, report(2))
    fact = intake.handle("up/n-1/report", sealed("n-1", "report", body), 0, 0)
    assert isinstance(fact, Items)
    assert [row.seq for row in fact.rows] == [0, 2]
    assert [(bad.seq, bad.fault) for bad in fact.bad] == [(1, "c: an integer, 0 to 2147483647")]
    assert intake.refusals()["n-1"] == {"bad_item": 1}


def test_questions_logs_and_wills_are_told_apart() -> None:
    intake = _intake()

    def fact(kind: str, body: dict[str, object]) -> Fact:
        return intake.handle(f"up/n-1/{kind}", sealed("n-1", kind, body), 0, 0)

    assert fact("get", {"b": BOOT, "s": 1, "w": "time", "k": "x"}) == TimeQuestion("n-1", BOOT, "x")
    assert fact("log", {"b": BOOT, "s": 9, "t": "hot"}) == LogLine("n-1", BOOT, 9, "hot")
    assert fact("gone", {"b": BOOT}) == Gone("n-1", BOOT)


def test_a_raving_node_is_held_to_its_rate_and_the_others_are_not() -> None:
    intake = _intake(per_s=10, burst=5)
    facts = [intake.handle("up/n-1/report", _GOOD, 0, 0) for _ in range(8)]
    assert [isinstance(fact, Items) for fact in facts] == [True] * 5 + [False] * 3
    assert isinstance(intake.handle("up/n-2/report", sealed("n-2", "report", items("report", report(0))), 0, 0), Items)
    assert isinstance(intake.handle("up/n-1/report", _GOOD, 0, 0.1), Items)
    assert intake.refusals()["n-1"] == {"too_fast": 3}


def test_forged_messages_do_not_use_up_a_nodes_rate() -> None:
    intake = _intake(per_s=1, burst=1)
    for _ in range(50):
        intake.handle("up/n-1/report", _REFUSED["bad_mac"][1], 0, 0)
    assert isinstance(intake.handle("up/n-1/report", _GOOD, 0, 0), Items)


def test_unknown_nodes_are_remembered_within_a_bound_the_longest_silent_goes_first() -> None:
    intake = _intake()
    for node in ("a", "b", "c", "a", "d"):
        intake.handle(f"up/{node}/report", b"", 0, 0)
    assert dict(intake.unknown) == {"c": 1, "a": 2, "d": 1}
    intake.know({"a": bytes(32)}, 0)
    assert "a" not in intake.unknown


def test_a_node_that_is_taken_away_is_unknown_at_once() -> None:
    intake = _intake()
    intake.know({"n-2": key_of("n-2")}, 0)
    fact = intake.handle("up/n-1/report", _GOOD, 0, 0)
    assert isinstance(fact, Refused) and fact.reason == "unknown_node"


def test_a_new_document_gives_nobody_a_new_burst() -> None:
    intake = _intake(per_s=1, burst=1)
    assert isinstance(intake.handle("up/n-1/report", _GOOD, 0, 0), Items)
    intake.know({"n-1": key_of("n-1"), "n-2": key_of("n-2")}, 0)
    fact = intake.handle("up/n-1/report", _GOOD, 0, 0)
    assert isinstance(fact, Refused) and fact.reason == "too_fast"
    assert intake.refusals()["n-1"] == {"too_fast": 1}
