"""Secrets that are shown once and stored as hashes. Tokens and codes hold at least 100 random bits, so a plain SHA-256 guards them:
there is nothing to guess. Does not depend on where the hashes are kept.
"""

import hashlib
import secrets

# Crockford's base 32: no I, L, O or U, so that a code can be read out over the telephone.
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_GROUPS = 4
_CODE_GROUP_CHARACTERS = 5
NODE_KEY_BYTES = 32


def new_admin_token() -> str:
    return "aga_" + secrets.token_urlsafe(32)


def new_gateway_token() -> str:
    return "agg_" + secrets.token_urlsafe(32)


def new_node_key() -> str:
    return secrets.token_hex(NODE_KEY_BYTES)


def new_enrolment_code() -> str:
    groups = ("".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_GROUP_CHARACTERS)) for _ in range(_CODE_GROUPS))
    return "-".join(groups)


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def fingerprint(digest: str) -> str:
    """Of a secret's SHA-256, as hex: enough to tell two of them apart in the record of changes."""
    return digest[:16]


def key_fingerprint(key_hex: str) -> str:
    return fingerprint(hashlib.sha256(bytes.fromhex(key_hex)).hexdigest())


def hash_of_code(code: str) -> str:
    """Of what a person typed: case, spaces and hyphens do not matter."""
    return hash_of("".join(c for c in code.upper() if c not in " -"))
