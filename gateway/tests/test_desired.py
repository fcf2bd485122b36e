"""The trust rules: what is not signed, not for us, not newer or not sound is refused whole, with every fault."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.desired.document import verify
from gateway.errors import DesiredError
from gateway.identity import ConfigKey, Identity
from gateway.tests.fleet_stand_in import signed
from gateway.tests.site import desired_node, key_of

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_OTHER = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
_IDENTITY = Identity("g-01", "t", [ConfigKey("k1", _KEY.public_key().public_bytes_raw().hex())])
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
        verify(answer, _IDENTITY, in_force)
    return caught.value


def test_a_signed_newer_document_is_taken_with_its_nodes() -> None:
    answer = signed(_DOCUMENT, _KEY)
    desired = verify(answer, _IDENTITY, 6)
    assert (desired.version, desired.answer) == (7, answer)
    node = desired.nodes[0]
    assert (node.node, node.key, node.settings, node.settings_version) == ("n-1", key_of("n-1"), {"period_ms": 2000}, 3)


def test_what_this_version_does_not_know_is_no_fault_and_is_kept() -> None:
    document = _DOCUMENT | {"later": {"x": 1}, "nodes": [desired_node("n-1", colour="red") | {"release": 5}]}
    assert verify(signed(document, _KEY), _IDENTITY, 6).document == document


def test_sources_are_taken_with_their_defaults_and_may_be_absent() -> None:
    assert verify(signed(_DOCUMENT, _KEY), _IDENTITY, 6).sources == []
    desired = verify(signed(_DOCUMENT | {"sources": [{"source": "car", "kind": "gps", "port": "gps"}]}, _KEY), _IDENTITY, 6)
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
    assert _refusal(signed(_DOCUMENT, _KEY), in_force).faults == [f"version: 7 is not greater than {in_force}, which is in force"]


_UNSOUND: dict[str, tuple[dict[str, Any], list[str]]] = {
    "of another gateway": ({"gateway": "g-02"}, ["gateway"]),
    "version is no number": ({"version": "8"}, ["version"]),
    "lists missing": ({"rules": {}, "calibrations": None}, ["rules", "calibrations"]),
    "sources that are none": (
        {"sources": [{"source": "a", "kind": "gps", "port": "/dev/ttyS0"}, {"source": "b", "kind": "sonar", "port": "b"}]},
        ["sources[0].port", "sources[1].kind"],
    ),
    "no nodes": ({"nodes": "none"}, ["nodes"]),
    "a node that is none": ({"nodes": [5]}, ["nodes[0]"]),
    "a node twice": ({"nodes": [desired_node("n-1"), desired_node("n-1")]}, ["nodes"]),
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
    assert refusal.version == (None if "version" in change[0] else 7)
