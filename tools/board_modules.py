"""What MicroPython has on each board, and what of it the node's sources import. A table, and no interpreter. Pure.

The modules are those that `help("modules")` lists on the boards' release builds (1.24 and later), those of the interpreter and those
that are frozen into it; names that only start such a build are left out.
"""

import ast
from collections.abc import Iterator

# On every board that a node runs on.
EVERYWHERE = frozenset({
    "_thread", "array", "asyncio", "binascii", "bluetooth", "builtins", "cmath", "collections", "cryptolib", "deflate", "dht",
    "ds18x20", "errno", "framebuf", "gc", "hashlib", "heapq", "io", "json", "machine", "math", "micropython", "mip", "neopixel",
    "network", "ntptime", "onewire", "os", "platform", "random", "re", "requests", "select", "socket", "ssl", "struct", "sys",
    "time", "tls", "uctypes", "vfs", "webrepl", "websocket",
})  # fmt: skip
ESP32 = EVERYWHERE | frozenset(["aioespnow", "apa106", "btree", "esp", "esp32", "espnow", "umqtt", "upysh"])
RP2 = EVERYWHERE | frozenset(["aioble", "lwip", "rp2"])

# Board, as its file in firmware/node/boards is called -> (port, its modules). hashlib has sha256 and no more on any of them.
BOARDS = {
    "esp32": ("esp32", ESP32),
    "esp32s3": ("esp32", ESP32),
    "pico_w": ("rp2", RP2),
    "pico2_w": ("rp2", RP2),
}
OURS = frozenset(("contract", "node"))


def missing(board: str, tree: ast.AST) -> list[str]:
    """Modules that a source cannot do without and that the board does not have."""
    here = BOARDS[board][1] | OURS
    return sorted({name for name in _needed(tree) if name.split(".")[0] not in here})


def _needed(element: ast.AST) -> Iterator[str]:
    if isinstance(element, ast.Import):
        yield from (alias.name for alias in element.names)
    elif isinstance(element, ast.ImportFrom):
        yield element.module or ""
    elif isinstance(element, ast.Try) and any(_catches_absence(handler) for handler in element.handlers):
        for part in (*element.handlers, *element.orelse, *element.finalbody):
            yield from _needed(part)
    elif isinstance(element, ast.If) and isinstance(element.test, ast.Name) and element.test.id == "TYPE_CHECKING":
        for part in element.orelse:
            yield from _needed(part)
    else:
        for part in ast.iter_child_nodes(element):
            yield from _needed(part)


def _catches_absence(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.type, ast.Name) and handler.type.id == "ImportError"
