"""Every rule by which a desired document is trusted, in one place and without I/O. Pure.

    {"document": {"gateway", "version", "issued_ms", "settings", "rules", "calibrations", "sources", "nodes": [...]}, "key_id", "signature"}

Accepted only when a pinned key signed its canonical bytes, it is for this gateway, its version is greater than the one in force, nothing
in a section of it is wrong (contract/site/sections.py), and every name in it stands for something: a node that it lists itself, an output,
hook or port of this site. Otherwise it is refused whole, with every fault. What this version does not know is kept as it is.

One that was pinned earlier may have come to name what the site has no longer, or what an earlier version did not look at. It stays in
force: its `misfits` are reported, and the rest of it is obeyed.
"""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.faults import MISSING, Fault, below, fault_text
from contract.messages import MAX_MS, MAX_SEQ
from contract.site import device_api_keys as keys
from contract.site import sections
from contract.site.canonical import canonical_bytes
from contract.site.desired_names import Names
from contract.site.errors import CanonicalError
from contract.site.gateway_settings import asked
from contract.site.sources import with_defaults
from contract.values import is_int
from gateway.errors import DesiredError
from gateway.identity import Identity


class SiteNames(NamedTuple):
    """What rules and sources may call by name here, as gateway.toml has it."""

    outputs: frozenset[str]
    hooks: frozenset[str]
    ports: frozenset[str]


@dataclass(frozen=True)
class DesiredNode:
    node: str
    key: bytes
    settings: dict[str, Any]
    settings_version: int


@dataclass(frozen=True)
class Desired:
    """A document that has been verified. `answer` is the very bytes of it, to be pinned. `misfits`: what of it cannot be obeyed here."""

    version: int
    nodes: tuple[DesiredNode, ...]
    document: dict[str, Any]
    answer: bytes
    misfits: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, int]:
        """contract.site.gateway_settings; only what is named and may be obeyed."""
        return asked(self.document["settings"])

    @property
    def sources(self) -> list[dict[str, Any]]:
        """contract.site.sources; with every default in place."""
        return [with_defaults(source) for source in self.document.get("sources", [])]


def verify(answer: bytes, identity: Identity, version_in_force: int, site: SiteNames) -> Desired:
    """A new document. Raises DesiredError with every fault; its `version` is set when the fleet did sign the document."""
    document, faults = _read_trusted(answer, identity, version_in_force)
    known = {fault.path for fault in faults}  # what has one fault already needs no other
    faults += [fault for fault in document_misfits(document, identity.gateway, site) if fault.path not in known]
    _refuse_with(faults, document)
    return _desired(document, answer, ())


def verify_pinned(answer: bytes, identity: Identity, site: SiteNames) -> Desired:
    """One that was accepted before: what no longer fits is no reason to be without it. Raises DesiredError."""
    document, faults = _read_trusted(answer, identity, 0)
    _refuse_with(faults, document)
    return _desired(document, answer, tuple(map(fault_text, document_misfits(document, identity.gateway, site))))


def document_faults(document: dict[str, Any], gateway: str) -> list[Fault]:
    """Everything wrong in a document, whoever signed it."""
    faults = []
    if document.get("gateway") != gateway:
        faults.append(Fault(("gateway",), gateway, document.get("gateway", MISSING)))
    if not is_int(document.get("version"), 1, MAX_SEQ):
        faults.append(Fault(("version",), "an integer from 1", document.get("version", MISSING)))
    if not is_int(document.get("issued_ms"), 0, MAX_MS):
        faults.append(Fault(("issued_ms",), "an integer from 0", document.get("issued_ms", MISSING)))
    return faults + sections.faults(document)


def document_misfits(document: dict[str, Any], gateway: str, site: SiteNames) -> list[Fault]:
    """Everything in it that stands for nothing here, or is no setting of a gateway."""
    nodes = document.get("nodes")
    listed = {str(node.get("node")) for node in nodes if isinstance(node, dict)} if isinstance(nodes, list) else set()
    return sections.misfits(document, Names(gateway, listed, *site))


def _refuse_with(faults: list[Fault], document: dict[str, Any]) -> None:
    if faults:
        raise DesiredError([fault_text(fault) for fault in faults], _version(document))


def _read_trusted(answer: bytes, identity: Identity, version_in_force: int) -> tuple[dict[str, Any], list[Fault]]:
    """A document that a pinned key signed, and what is wrong with it. Raises DesiredError for any other."""
    envelope = _read(answer)
    document: dict[str, Any] = envelope[keys.DOCUMENT]
    _check_signature(document, envelope.get(keys.KEY_ID), envelope.get(keys.SIGNATURE), identity)
    faults, version = document_faults(document, identity.gateway), _version(document)
    if version is not None and version <= version_in_force:
        faults.append(Fault(("version",), f"greater than {version_in_force}, which is in force", version))
    return document, faults


def _version(document: dict[str, Any]) -> int | None:
    version = document.get("version")
    return version if is_int(version, 1, MAX_SEQ) else None


def _desired(document: dict[str, Any], answer: bytes, misfits: tuple[str, ...]) -> Desired:
    return Desired(document["version"], tuple(_node(node) for node in document["nodes"]), document, answer, misfits)


def _read(answer: bytes) -> dict[str, Any]:
    try:
        envelope = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise DesiredError([f"not JSON: {error}"]) from error
    if not isinstance(envelope, dict) or not isinstance(envelope.get(keys.DOCUMENT), dict):
        raise DesiredError(["document: an object"])
    return envelope


def _check_signature(document: dict[str, Any], key_id: object, signature: object, identity: Identity) -> None:
    keys = {key.id: key for key in identity.config_keys}
    if not isinstance(key_id, str) or key_id not in keys:
        raise DesiredError([f"key_id: {key_id!r} is not pinned"])
    if not isinstance(signature, str) or not _is_hex(signature, 64):
        raise DesiredError(["signature: 128 hex digits"])
    try:
        Ed25519PublicKey.from_public_bytes(keys[key_id].public_bytes()).verify(bytes.fromhex(signature), canonical_bytes(document))
    except InvalidSignature as error:
        raise DesiredError([f"signature: not of key {key_id}"]) from error
    except CanonicalError as error:
        raise DesiredError([fault_text(*below(("document",), [error.fault]))]) from error


def _node(node: dict[str, Any]) -> DesiredNode:
    return DesiredNode(node["node"], bytes.fromhex(node["key"]), node["settings"], node["settings_version"])


def _is_hex(value: object, length: int) -> bool:
    return isinstance(value, str) and len(value) == 2 * length and all(c in "0123456789abcdef" for c in value)
