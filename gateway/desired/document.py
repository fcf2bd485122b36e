"""Every rule by which a desired document is trusted, in one place and without I/O. Pure.

    {"document": {"gateway", "version", "issued_ms", "settings", "rules", "calibrations", "sources", "nodes": [...]}, "key_id", "signature"}

Accepted only when a pinned key signed its canonical bytes, it is for this gateway, its version is greater than the one in force and not
absurdly so, nothing in a section of it is wrong (contract/site/sections.py), and every name in it stands for something: a node that it
lists itself, an output, hook or port of this site. Otherwise it is refused whole, with every fault. What this version does not know is
kept as it is. The bytes are read by one strict decoder, before the signature is judged and whenever they are read again.

One that was pinned was accepted earlier, and no change of the site or of this program takes it away: it is refused only when it cannot be
read, no pinned key signed it, or it is for another gateway. What of it has a fault by now, entry by entry, is among its `misfits`; the
rest of it is obeyed, and a section that it does not have is empty.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.faults import MISSING, Fault, below, fault_text
from contract.messages import MAX_MS, MAX_SEQ
from contract.site import device_api, sections, strict_json
from contract.site import device_api_keys as keys
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
    """A document that has been verified. `document`: what of it is obeyed. `answer` is the very bytes of it, to be pinned. `misfits`:
    what of it cannot be obeyed here."""

    version: int
    nodes: tuple[DesiredNode, ...]
    document: dict[str, Any]
    answer: bytes
    misfits: tuple[str, ...] = ()

    @property
    def issued_ms(self) -> int:
        """By the fleet's clock; 0 where one that was pinned earlier does not say."""
        issued_ms = self.document.get("issued_ms")
        return int(issued_ms) if issued_ms is not None and is_int(issued_ms, 0, MAX_MS) else 0

    @property
    def settings(self) -> dict[str, int]:
        """contract.site.gateway_settings; only what is named and may be obeyed."""
        return asked(self.document["settings"])

    @property
    def sources(self) -> list[dict[str, Any]]:
        """contract.site.sources; with every default in place."""
        return [with_defaults(source) for source in self.document.get("sources", [])]


def verify(answer: bytes, identity: Identity, version_in_force: int, site: SiteNames) -> Desired:
    """A new document. Raises DesiredError with every fault; its `version` is set when the fleet did issue that version to this gateway."""
    document = _read_signed(answer, identity)
    _refuse_with(_head_faults(document, identity.gateway) or _version_faults(document["version"], version_in_force))
    faults = []
    if not is_int(document.get("issued_ms"), 0, MAX_MS):
        faults.append(Fault(("issued_ms",), "an integer from 0", document.get("issued_ms", MISSING)))
    faults += sections.faults(document)
    faults += _unknown_names(document, identity.gateway, site, faults)
    _refuse_with(faults, document["version"])
    return _desired(document, answer, [])


def verify_pinned(answer: bytes, identity: Identity, site: SiteNames) -> Desired:
    """One that was accepted before: what no longer fits is no reason to be without it. Raises DesiredError."""
    document = _read_signed(answer, identity)
    _refuse_with(_head_faults(document, identity.gateway))
    obeyed, misfits = sections.without_faults(document)
    misfits += _unknown_names(document, identity.gateway, site, misfits)
    return _desired(obeyed, answer, misfits)


def _head_faults(document: dict[str, Any], gateway: str) -> list[Fault]:
    """For which it is refused also when it was accepted before."""
    faults = []
    if document.get("gateway") != gateway:
        faults.append(Fault(("gateway",), gateway, document.get("gateway", MISSING)))
    if not is_int(document.get("version"), 1, MAX_SEQ):
        faults.append(Fault(("version",), "an integer from 1", document.get("version", MISSING)))
    return faults


def _version_faults(version: int, in_force: int) -> list[Fault]:
    """A version that is absurdly far ahead would shut out every later one."""
    if version <= in_force:
        return [Fault(("version",), f"greater than {in_force}, which is in force", version)]
    if in_force and version > in_force + device_api.MAX_VERSIONS_AHEAD:
        return [Fault(("version",), f"at most {device_api.MAX_VERSIONS_AHEAD} greater than {in_force}, which is in force", version)]
    return []


def _unknown_names(document: dict[str, Any], gateway: str, site: SiteNames, known: list[Fault]) -> list[Fault]:
    """Every name in it that stands for nothing here. What has one fault already, `known`, needs no other."""
    nodes = document.get("nodes")
    listed = {str(node.get("node")) for node in nodes if isinstance(node, dict)} if isinstance(nodes, list) else set()
    paths = {fault.path for fault in known}
    return [fault for fault in sections.unknown_names(document, Names(gateway, listed, *site)) if fault.path not in paths]


def _refuse_with(faults: list[Fault], version: int | None = None) -> None:
    if faults:
        raise DesiredError([fault_text(fault) for fault in faults], version)


def _read_signed(answer: bytes, identity: Identity) -> dict[str, Any]:
    """Raises DesiredError for one that no pinned key signed."""
    envelope = _read(answer)
    document: dict[str, Any] = envelope[keys.DOCUMENT]
    _check_signature(document, envelope.get(keys.KEY_ID), envelope.get(keys.SIGNATURE), identity)
    return document


def _desired(document: dict[str, Any], answer: bytes, misfits: list[Fault]) -> Desired:
    nodes = tuple(_node(node) for node in document["nodes"])
    return Desired(document["version"], nodes, document, answer, tuple(map(fault_text, misfits)))


def _read(answer: bytes) -> dict[str, Any]:
    try:
        envelope = strict_json.decode(answer)
    except ValueError as error:
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
