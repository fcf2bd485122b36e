"""The trust rules: what is not signed, not for us, not newer or not sound is refused whole, with every fault."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.faults import Fault
from contract.site import device_api, rules, sections
from contract.site.sections import SECTIONS, Section
from gateway.desired.document import SiteNames, verify, verify_pinned
from gateway.errors import DesiredError
from gateway.identity import ConfigKey, Identity
from gateway.tests.site import desired_node, key_of
from hil_tests.stand_in_fleet.fleet import signed

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_OTHER = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
_IDENTITY = Identity("g-01", "t", [ConfigKey("k1", _KEY.public_key().public_bytes_raw().hex())])
_SITE = SiteNames(frozenset({"siren"}), frozenset({"sms"}), frozenset({"gps"}))
_DOCUMENT: dict[str, Any] = {
    "gateway": "g-01",
    "version": 7,
    "issued_ms": 1,
    "settings": {},
    "rules": [],
    "calibrations": [],
    "nodes": [desired_node("n-1", version=3, period_ms=2000)],
}


def _refusal(answer: bytes, in_force: int = 6) -> DesiredError:
    with pytest.raises(DesiredError) as caught:
        verify(answer, _IDENTITY, in_force, _SITE)
    return caught.value


def test_a_signed_newer_document_is_taken_with_its_nodes() -> None:
    answer = signed(_DOCUMENT, _KEY)
    desired = verify(answer, _IDENTITY, 6, _SITE)
    assert (desired.version, desired.answer) == (7, answer)
    node = desired.nodes[0]
    assert (node.node, node.key, node.settings, node.settings_version) == ("n-1", key_of("n-1"), {"period_ms": 2000}, 3)


def test_what_this_version_does_not_know_is_no_fault_and_is_kept() -> None:
    document = _DOCUMENT | {"later": {"x": 1}, "nodes": [desired_node("n-1", colour="red") | {"release": 5}]}
    assert verify(signed(document, _KEY), _IDENTITY, 6, _SITE).document == document


def test_sources_are_taken_with_their_defaults_and_may_be_absent() -> None:
    assert verify(signed(_DOCUMENT, _KEY), _IDENTITY, 6, _SITE).sources == []
    desired = verify(signed(_DOCUMENT | {"sources": [{"source": "car", "kind": "gps", "port": "gps"}]}, _KEY), _IDENTITY, 6, _SITE)
    assert [(source["source"], source["track_ms"]) for source in desired.sources] == [("car", 5000)]


_UNTRUSTED = {
    "not JSON": b"{",
    "no document": b"{}",
    "another key": signed(_DOCUMENT, _OTHER),
    "a key that is not pinned": signed(_DOCUMENT, _KEY, "k2"),
    "changed after signing": signed(_DOCUMENT, _KEY).replace(b'"version": 7', b'"version": 8'),
    "no signature": json.dumps({"document": _DOCUMENT, "key_id": "k1"}).encode(),
    "a float in it": json.dumps({"document": _DOCUMENT | {"x": 1.5}, "key_id": "k1", "signature": "00" * 64}).encode(),
}


@pytest.mark.parametrize("answer", _UNTRUSTED.values(), ids=_UNTRUSTED.keys())
def test_what_is_not_signed_is_refused_and_its_version_not_believed(answer: bytes) -> None:
    assert _refusal(answer).version is None


@pytest.mark.parametrize("in_force", [7, 8])
def test_the_version_only_goes_upward(in_force: int) -> None:
    assert _refusal(signed(_DOCUMENT, _KEY), in_force).faults == [f"version: greater than {in_force}, which is in force"]


@pytest.mark.parametrize("version", [6 + device_api.MAX_VERSIONS_AHEAD + 1, device_api.MAX_VERSION])
def test_a_version_that_would_shut_out_every_later_one_is_refused_and_not_noted(version: int) -> None:
    refusal = _refusal(signed(_DOCUMENT | {"version": version}, _KEY))
    assert refusal.faults == [f"version: at most {device_api.MAX_VERSIONS_AHEAD} greater than 6, which is in force"]
    assert refusal.version is None


def test_a_jump_that_may_be_and_a_first_document_of_any_version_are_taken() -> None:
    ahead = 6 + device_api.MAX_VERSIONS_AHEAD
    assert verify(signed(_DOCUMENT | {"version": ahead}, _KEY), _IDENTITY, 6, _SITE).version == ahead
    assert verify(signed(_DOCUMENT | {"version": device_api.MAX_VERSION}, _KEY), _IDENTITY, 0, _SITE).version == device_api.MAX_VERSION


_OTHER_BYTES = {
    "UTF-16": signed(_DOCUMENT, _KEY).decode().encode("utf-16"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + signed(_DOCUMENT, _KEY),
    "a key twice": signed(_DOCUMENT, _KEY).replace(b'"version": 7', b'"version": 8, "version": 7'),
}


@pytest.mark.parametrize("answer", _OTHER_BYTES.values(), ids=_OTHER_BYTES.keys())
def test_bytes_that_two_readers_could_read_differently_are_refused_whatever_is_signed(answer: bytes) -> None:
    refusal = _refusal(answer)
    assert refusal.version is None and refusal.faults[0].startswith("not JSON: ")


_UNSOUND: dict[str, tuple[dict[str, Any], list[str]]] = {
    "of another gateway": ({"gateway": "g-02"}, ["gateway"]),
    "version is no number": ({"version": "8"}, ["version"]),
    "lists missing": ({"rules": {}, "calibrations": None}, ["calibrations", "rules"]),
    "invalid sources": (
        {"sources": [{"source": "a", "kind": "gps", "port": "/dev/ttyS0"}, {"source": "b", "kind": "sonar", "port": "gps"}]},
        ["sources[0].port", "sources[1].kind"],
    ),
    "no nodes": ({"nodes": "none"}, ["nodes"]),
    "an invalid node": ({"nodes": [5]}, ["nodes[0]"]),
    "a node twice": ({"nodes": [desired_node("n-1"), desired_node("n-1")]}, ["nodes[1].node"]),
    "everything of a node": (
        {
            "nodes": [
                desired_node("n-1"),
                {"node": "N", "key": "ab", "settings": {"period_ms": 1}, "settings_version": -1},
            ]
        },
        ["nodes[1].node", "nodes[1].key", "nodes[1].settings_version", "nodes[1].settings.period_ms"],
    ),
}


@pytest.mark.parametrize("change", _UNSOUND.values(), ids=_UNSOUND.keys())
def test_a_document_that_is_not_sound_is_refused_with_every_fault(change: tuple[dict[str, Any], list[str]]) -> None:
    refusal = _refusal(signed(_DOCUMENT | change[0], _KEY))
    assert [fault.split(":")[0] for fault in refusal.faults] == change[1]
    assert refusal.version == (None if {"version", "gateway"} & change[0].keys() else 7)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_only_a_section_that_the_table_says_so_may_be_absent(section: Section) -> None:
    answer = signed({key: value for key, value in _DOCUMENT.items() if key != section.key}, _KEY)
    if section.required:
        assert [fault.split(":")[0] for fault in _refusal(answer).faults] == [section.key]
    else:
        assert section.key == "sources" and verify(answer, _IDENTITY, 6, _SITE)


_SILENT = {"id": "r", "version": 1, "kind": "silent"}
_LINEAR = {"id": "c", "version": 1, "node": "n-1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 0, "model": "linear"}
_MISFITS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a rule with an output, a hook and a node that are not there": (
        {"rules": [_SILENT | {"outputs": [{"output": "siren"}, {"output": "lamp"}], "hook": "mail", "nodes": ["n-1", "g-01", "n-2"]}]},
        [
            "rules[0].nodes[2]: n-2 is not among the nodes of this document",
            "rules[0].outputs[1].output: this site has no output lamp; it has siren",
            "rules[0].hook: this site has no hook mail; it has sms",
        ],
    ),
    "a calibration of a node that is not there": (
        {"calibrations": [_LINEAR, _LINEAR | {"id": "d", "node": "n-2"}]},
        ["calibrations[1].node: n-2 is not among the nodes of this document"],
    ),
    "two calibrations of one id": (
        {"calibrations": [_LINEAR | {"to_ms": 5000}, _LINEAR | {"version": 2, "from_ms": 5000}]},
        ["calibrations[1].id: an id of its own"],
    ),
    "a source without its port": (
        {"sources": [{"source": "car", "kind": "gps", "port": "usb"}]},
        ["sources[0].port: this site has no port usb; it has gps"],
    ),
    "settings out of range": (
        {"settings": {"report_interval_s": 0, "trial_s": "long", "later": True}},
        ["settings.report_interval_s: an integer, 1 to 86400 s", "settings.trial_s: an integer, 60 to 86400 s"],
    ),
}


@pytest.mark.parametrize("case", _MISFITS.values(), ids=_MISFITS.keys())
def test_a_new_document_with_a_name_that_stands_for_nothing_is_refused_with_every_one(case: tuple[dict[str, Any], list[str]]) -> None:
    assert _refusal(signed(_DOCUMENT | case[0], _KEY)).faults == case[1]
    both = _refusal(signed(_DOCUMENT | case[0] | {"issued_ms": -1}, _KEY)).faults
    assert both == ["issued_ms: an integer from 0", *case[1]], "beside what else is wrong"


@pytest.mark.parametrize("case", _MISFITS.values(), ids=_MISFITS.keys())
def test_one_that_was_pinned_before_is_taken_and_what_does_not_fit_is_told(case: tuple[dict[str, Any], list[str]]) -> None:
    pinned = verify_pinned(signed(_DOCUMENT | case[0], _KEY), _IDENTITY, _SITE)
    assert (pinned.version, list(pinned.misfits), pinned.settings) == (7, case[1], {})


def test_a_pinned_one_of_another_gateway_or_without_a_version_is_not_taken() -> None:
    for head in ({"gateway": "g-02"}, {"version": 0}):
        with pytest.raises(DesiredError) as refused:
            verify_pinned(signed(_DOCUMENT | head, _KEY), _IDENTITY, _SITE)
        assert len(refused.value.faults) == 1


def test_a_pinned_one_is_taken_whole_after_an_upgrade_that_requires_a_section_more(monkeypatch: pytest.MonkeyPatch) -> None:
    row = sections.SECTIONS[-2]._replace(key="flags", required=True)
    monkeypatch.setattr(sections, "SECTIONS", (*sections.SECTIONS, row))
    assert [fault.split(":")[0] for fault in _refusal(signed(_DOCUMENT, _KEY)).faults] == ["flags"]
    pinned = verify_pinned(signed(_DOCUMENT, _KEY), _IDENTITY, _SITE)
    assert ([node.node for node in pinned.nodes], pinned.document["flags"], pinned.misfits) == (["n-1"], [], ())


def test_of_a_pinned_one_the_entries_that_a_tightened_judge_finds_no_fault_in_are_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _DOCUMENT | {"rules": [_SILENT | {"id": "loud"}, _SILENT], "nodes": [*_DOCUMENT["nodes"], {"node": "N"}]}

    def tightened(rules: Any) -> list[Fault]:
        return [Fault((at, "id"), "a quiet id", rule["id"]) for at, rule in enumerate(rules) if rule["id"] == "loud"]

    table = [section._replace(faults=tightened) if section.key == "rules" else section for section in sections.SECTIONS]
    monkeypatch.setattr(sections, "SECTIONS", tuple(table))
    pinned = verify_pinned(answer := signed(document, _KEY), _IDENTITY, _SITE)
    assert ([node.node for node in pinned.nodes], pinned.document["rules"], pinned.answer) == (["n-1"], [_SILENT], answer)
    assert [misfit.split(":")[0] for misfit in pinned.misfits[:1] + pinned.misfits[-1:]] == ["nodes[1].node", "rules[0].id"]
    assert "rules[0].id: a quiet id" in _refusal(answer).faults


def test_of_a_pinned_list_that_is_too_long_by_now_the_entries_are_judged_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_RULES", 1)
    document = _DOCUMENT | {"rules": [_SILENT, {"id": "no kind"}, _SILENT | {"id": "s"}]}
    pinned = verify_pinned(signed(document, _KEY), _IDENTITY, _SITE)
    assert [rule["id"] for rule in pinned.document["rules"]] == ["r", "s"]
    assert pinned.misfits[0] == "rules: a list of at most 1" and "rules[1].version" in pinned.misfits[1]


def test_a_pinned_section_of_another_type_is_empty_and_a_misfit() -> None:
    pinned = verify_pinned(signed(_DOCUMENT | {"rules": {}, "settings": []}, _KEY), _IDENTITY, _SITE)
    assert (pinned.document["rules"], pinned.settings, len(pinned.misfits)) == ([], {}, 2)


def test_settings_of_the_gateway_are_what_the_document_names_and_the_table_has() -> None:
    document = _DOCUMENT | {"settings": {"report_interval_s": 5, "later": True}}
    assert verify(signed(document, _KEY), _IDENTITY, 6, _SITE).settings == {"report_interval_s": 5}
