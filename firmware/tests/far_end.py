# The gateway's side of a session, for tests: reads what a node says and seals what it is told, with the contract's own functions.
# It commits nothing and has no clock; the test that uses it says what is acknowledged and what time it is.

from contract import messages, topics
from contract.authentication import seal, unseal
from contract.site import node_messages

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

NODE = "n-1"
KEY = bytes(range(32))


def opened(message: "tuple[str, bytes]", node: str = NODE) -> "tuple[str, dict[str, Any]]":
    """(type, body) of what next_message gave."""
    kind, sealed = message
    return kind, node_messages.read(kind, unseal(KEY, topics.UP, node, kind, sealed))


def sealed(kind: str, body: "dict[str, Any]", key: bytes = KEY, node: str = NODE) -> bytes:
    return seal(key, topics.DOWN, node, kind, messages.write(body))


def acknowledgement(boot: str, *ranges: "list[int]", node: str = NODE) -> bytes:
    return sealed("ack", {"b": boot, "r": list(ranges)}, node=node)


def time_answer(question: "dict[str, Any]", utc_ms: int, error_ms: int = 5, node: str = NODE) -> bytes:
    return sealed("time", {"b": question["b"], "k": question["k"], "u": utc_ms, "e": error_ms}, node=node)
