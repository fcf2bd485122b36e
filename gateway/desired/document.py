"""Every rule by which a desired document is trusted, in one place and without I/O. Pure.

    {"document": {"gateway", "version", "issued_ms", "settings", "rules", "calibrations", "sources", "nodes": [...]}, "key_id", "signature"}

Taken only when a pinned key signed its canonical bytes, it is for this gateway, its version is greater than the one in force, nothing in
it is wrong ("sources" may be absent), and every name in it stands for something: a node that it lists itself, an output, hook or port of
this site. Otherwise it is refused whole, with every fault. What this version does not know is kept as it is.

One that was pinned before may have come to name what the site has no longer, or what an earlier version did not look at. It stays in force:
its `misfits` are told, and the rest of it is obeyed.
"""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.authentication import KEY_BYTES
from contract.errors import CanonicalError
from contract.messages import MAX_MS, MAX_SEQ
from contract.settings import faults as settings_faults
from contract.site import device_api_keys as keys
from contract.site.calibrations import faults as calibrations_faults
from contract.site.canonical import canonical_bytes
from contract.site.desired_names import Names
from contract.site.desired_names import faults as names_faults
from contract.site.gateway_settings import asked
from contract.site.gateway_settings import faults as gateway_settings_faults
from contract.site.rules import faults as rules_faults
from contract.site.sources import faults as sources_faults
from contract.site.sources import with_defaults
from contract.topics import is_node_id
from gateway.errors import DesiredError
from gateway.identity import Identity

MAX_NODES = 1000
_LISTS = ("rules", "calibrations", "nodes")


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
    told = {fault.split(":")[0] for fault in faults}  # what has one fault already needs no other
    faults += [fault for fault in document_misfits(document, identity.gateway, site) if fault.split(":")[0] not in told]
    if faults:
        raise DesiredError(faults, _version(document))
    return _desired(document, answer, ())


def verify_pinned(answer: bytes, identity: Identity, site: SiteNames) -> Desired:
    """One that was taken before: what no longer fits is no reason to be without it. Raises DesiredError."""
    document, faults = _read_trusted(answer, identity, 0)
    if faults:
        raise DesiredError(faults, _version(document))
    return _desired(document, answer, tuple(document_misfits(document, identity.gateway, site)))


def document_faults(document: dict[str, Any], gateway: str) -> list[str]:
    """Everything wrong in a document, whoever signed it."""
    faults = []
    if document.get("gateway") != gateway:
        faults.append(f"gateway: {document.get('gateway')!r} is not {gateway!r}")
    if not _is_int(document.get("version"), 1):
        faults.append("version: an integer from 1")
    if not _is_int(document.get("issued_ms"), 0, MAX_MS):
        faults.append("issued_ms: an integer from 0")
    if not isinstance(document.get("settings"), dict):
        faults.append("settings: an object")
    faults.extend(f"{where}: {what}" for where, what in sources_faults(document.get("sources", [])))
    for name, part_faults in (("rules", rules_faults), ("calibrations", calibrations_faults)):
        if isinstance(document.get(name), list):
            faults.extend(f"{name}{where.removeprefix('$')}: {what}" for where, what in part_faults(document[name]))
    missing = [name for name in _LISTS if not isinstance(document.get(name), list)]
    faults.extend(f"{name}: a list" for name in missing)
    return faults + ([] if "nodes" in missing else _nodes_faults(document["nodes"]))


def document_misfits(document: dict[str, Any], gateway: str, site: SiteNames) -> list[str]:
    """Everything in it that stands for nothing here, or is no setting of a gateway."""
    nodes = document.get("nodes")
    listed = {str(node.get("node")) for node in nodes if isinstance(node, dict)} if isinstance(nodes, list) else set()
    misfits = [f"{where}: {what}" for where, what in names_faults(document, Names(gateway, listed, *site))]
    settings = document.get("settings")
    if isinstance(settings, dict):
        misfits += [f"settings{where}: {allowed}" for where, allowed in gateway_settings_faults(settings)]
    return misfits


def _read_trusted(answer: bytes, identity: Identity, version_in_force: int) -> tuple[dict[str, Any], list[str]]:
    """A document that a pinned key signed, and what is wrong with it. Raises DesiredError for any other."""
    envelope = _read(answer)
    document: dict[str, Any] = envelope[keys.DOCUMENT]
    _check_signature(document, envelope.get(keys.KEY_ID), envelope.get(keys.SIGNATURE), identity)
    faults, version = document_faults(document, identity.gateway), _version(document)
    if version is not None and version <= version_in_force:
        faults.append(f"version: {version} is not greater than {version_in_force}, which is in force")
    return document, faults


def _version(document: dict[str, Any]) -> int | None:
    version = document.get("version")
    return version if _is_int(version, 1) else None


def _desired(document: dict[str, Any], answer: bytes, misfits: tuple[str, ...]) -> Desired:
    return Desired(document["version"], tuple(_node(node) for node in document["nodes"]), document, answer, misfits)


def _nodes_faults(nodes: list[Any]) -> list[str]:
    if len(nodes) > MAX_NODES:
        return [f"nodes: at most {MAX_NODES}"]
    faults = [fault for index, node in enumerate(nodes) for fault in _node_faults(f"nodes[{index}]", node)]
    names = [node.get("node") for node in nodes if isinstance(node, dict)]
    return faults + [f"nodes: {name} stands there twice" for name in sorted({str(n) for n in names if names.count(n) > 1})]


def _node_faults(path: str, node: object) -> list[str]:
    if not isinstance(node, dict):
        return [f"{path}: an object"]
    faults = []
    if not (isinstance(node.get("node"), str) and is_node_id(node["node"])):
        faults.append(f"{path}.node: 1 to 32 of a-z, 0-9 and -")
    if not _is_hex(node.get("key"), KEY_BYTES):
        faults.append(f"{path}.key: {2 * KEY_BYTES} hex digits")
    if not _is_int(node.get("settings_version"), 0):
        faults.append(f"{path}.settings_version: an integer, 0 to {MAX_SEQ}")
    return faults + [f"{path}.settings.{where}: {allowed}" for where, allowed in settings_faults(node.get("settings"))]


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
        raise DesiredError([f"document: {error}"]) from error


def _node(node: dict[str, Any]) -> DesiredNode:
    return DesiredNode(node["node"], bytes.fromhex(node["key"]), node["settings"], node["settings_version"])


def _is_int(value: object, least: int, greatest: int = MAX_SEQ) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= greatest


def _is_hex(value: object, length: int) -> bool:
    return isinstance(value, str) and len(value) == 2 * length and all(c in "0123456789abcdef" for c in value)
