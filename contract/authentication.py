# Who said it. A sealed message is
#
#   <body> <space> <32 hex digits>
#
# the digits being the first 16 bytes of HMAC-SHA256(key of the node, "<direction>/<node>/<type>\n" + body) (RFC 2104).
# A replay keeps its seal: it is harmless by (boot, seq), version or nonce, which the receiver checks.

import hashlib

from contract import topics
from contract.errors import AuthenticationError

try:
    from hmac import compare_digest, digest
except ImportError:  # MicroPython
    compare_digest = digest = None  # type: ignore[assignment]

KEY_BYTES = 32
MAC_BYTES = 16
SEAL_BYTES = 1 + 2 * MAC_BYTES
_BLOCK_BYTES = 64


def portable_hmac_sha256(key: bytes, message: bytes) -> bytes:
    if len(key) > _BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    key = key + bytes(_BLOCK_BYTES - len(key))
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key))
    inner.update(message)
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in key))
    outer.update(inner.digest())
    return outer.digest()


def portable_equal(a: bytes, b: bytes) -> bool:
    difference = len(a) ^ len(b)
    for x, y in zip(a, b):
        difference |= x ^ y
    return difference == 0


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return digest(key, message, "sha256") if digest else portable_hmac_sha256(key, message)


def equal(a: bytes, b: bytes) -> bool:
    """Takes a time that does not depend on where they differ."""
    return compare_digest(a, b) if compare_digest else portable_equal(a, b)


def _mac(key: bytes, direction: str, node: str, kind: str, body: bytes) -> bytes:
    covered = (topics.name(direction, node, kind) + "\n").encode() + body
    return hmac_sha256(key, covered)[:MAC_BYTES].hex().encode()


def seal(key: bytes, direction: str, node: str, kind: str, body: bytes) -> bytes:
    return body + b" " + _mac(key, direction, node, kind, body)


def unseal(key: bytes, direction: str, node: str, kind: str, sealed: bytes) -> bytes:
    """The body. Raises AuthenticationError: "no_seal" (too short, no separator), "bad_mac" (wrong key, name or content)."""
    body = sealed[:-SEAL_BYTES]
    if len(sealed) < SEAL_BYTES or sealed[-SEAL_BYTES : -SEAL_BYTES + 1] != b" ":
        raise AuthenticationError("no_seal")
    if not equal(_mac(key, direction, node, kind, body), sealed[-2 * MAC_BYTES :]):
        raise AuthenticationError("bad_mac")
    return body
