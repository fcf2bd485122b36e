# Reads the golden vectors: JSON files beside the tests, made by other programs than ours or taken from published examples.

import json

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

_FOLDER = __file__.rpartition("/")[0] + "/vectors/"


def load(name: str) -> "Any":
    with open(_FOLDER + name + ".json", "r", encoding="utf-8") as file:
        return json.load(file)


def noise(seed: int, length: int) -> bytes:
    """The same on both runtimes, which have different random numbers."""
    out = bytearray()
    for _ in range(length):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(seed >> 16 & 0xFF)
    return bytes(out)
