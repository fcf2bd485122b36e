"""The files by which Mosquitto lets in this gateway and its nodes, each to its own topics. Pure; who writes them: password_file.py.

passwords     <user>:$7$<iterations>$<salt>$<hash>          PBKDF2-HMAC-SHA512 in base64, as mosquitto_passwd writes it
access rules  a node may publish below up/<its name>/ and hear down/<its name>/; the gateway the other way round (mosquitto.conf(5))
"""

import base64
import hashlib
from collections.abc import Mapping

from contract import topics
from contract.authentication import hmac_sha256
from contract.site import broker_access

PASSWORDS, ACCESS = "passwords", "access"

_ITERATIONS = 101  # Mosquitto's own; the passwords are random, so that guessing is no danger
_SALT_BYTES = 12


def access_rules(gateway_user: str) -> str:
    return (
        f"user {gateway_user}\n"
        f"topic read {topics.EVERY_UP}\n"
        f"topic write {topics.PREFIX}down/#\n\n"
        f"pattern write {topics.PREFIX}up/%u/+\n"
        f"pattern read {topics.PREFIX}down/%u/+\n"
    )


def passwords(gateway_user: str, gateway_password: str, nodes: Mapping[str, bytes]) -> str:
    """`nodes`: key by name. The same for the same input, so that a file is written only when something changed."""
    lines = [_line(gateway_user, gateway_password)]
    # Nobody may take the gateway's place, whatever a node is called.
    lines += [_line(node, broker_access.password(key)) for node, key in sorted(nodes.items()) if node != gateway_user]
    return "".join(lines)


def _line(user: str, password: str) -> str:
    salt = hmac_sha256(password.encode(), b"salt " + user.encode())[:_SALT_BYTES]
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"{user}:$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"
