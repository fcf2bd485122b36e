# Imports modules as a board would: with no other modules of the interpreter than the board has. Under MicroPython; the first line of
# standard input names those, separated by commas, each further line a module to import. Prints what failed; ends with 1 if any did.

import builtins
import sys

_import = builtins.__import__
HAS = set(sys.stdin.readline().strip().split(","))


class Absent:
    """Stands for a module that the boards have and this interpreter does not: a node uses none of them at import."""


def import_if_there(name: str, *arguments: object) -> object:
    if name.split(".")[0] not in HAS:
        raise ImportError("the board has no " + name)
    return _import(name, *arguments)


# asyncio is frozen here as there: what it needs itself is not the node's to answer for.
__import__("asyncio")
for absent in ("network", "ssl"):
    sys.modules[absent] = Absent()
builtins.__import__ = import_if_there
failed = False
for line in sys.stdin:
    try:
        __import__(line.strip())
    except Exception as error:  # noqa: BLE001 - the outer edge: whatever an import raises is its failure
        failed = True
        print(line.strip(), repr(error))
sys.exit(1 if failed else 0)
