"""Who this gateway is, as the fleet says when it enrols and as identity_file.py keeps it. Pure.

{"gateway": "g-01", "token": "...", "config_keys": [{"id": "...", "ed25519": "<64 hex digits>"}], "token_ms": 0, "former_token": ""}
"""

import msgspec

from contract.topics import is_node_id


class ConfigKey(msgspec.Struct, frozen=True):
    """A key of the fleet that may sign desired documents."""

    id: str
    ed25519: str

    def public_bytes(self) -> bytes:
        return bytes.fromhex(self.ed25519)


class Identity(msgspec.Struct, frozen=True):
    gateway: str
    token: str
    config_keys: list[ConfigKey]
    token_ms: int = 0  # UTC since when this is the token; 0: not known
    former_token: str = ""  # the one before, until the fleet has taken the new one once

    def fault(self) -> str | None:
        if not is_node_id(self.gateway):
            return "gateway: 1 to 32 of a-z, 0-9 and -"
        if not self.token:
            return "token: not empty"
        if not self.config_keys:
            return "config_keys: at least one"
        for key in self.config_keys:
            if not _is_public_key(key.ed25519):
                return f"config_keys: {key.id}: 64 hex digits"
        return None


def _is_public_key(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)


def read_answer(answer: bytes) -> Identity:
    """The identity in the fleet's answer to an enrolment, or in the file. Raises ValueError saying what is wrong."""
    try:
        identity = msgspec.json.decode(answer, type=Identity)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    fault = identity.fault()
    if fault:
        raise ValueError(fault)
    return identity
