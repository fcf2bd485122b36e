# Modules that are needed for a moment: loaded for one call and forgotten after it, with all that they brought along. Tables of settings
# and of shipped profiles are larger than what a small heap has to spare, and are read at the start and when settings come.
#
# What the call returns must be plain data: a class of a forgotten module is another one at the next visit.

import sys


def call(module: str, function: str, *arguments):
    """module.function(*arguments)."""
    before = set(sys.modules)
    try:
        visited = __import__(module, None, None, (function,))
        return getattr(visited, function)(*arguments)
    finally:
        for name in [name for name in sys.modules if name not in before]:
            forget(name)


def forget(name: str) -> None:
    """A module that was loaded for a moment; nothing when it is not loaded."""
    if name not in sys.modules:
        return
    del sys.modules[name]
    package, _, own = name.rpartition(".")
    if package in sys.modules and hasattr(sys.modules[package], own):
        delattr(sys.modules[package], own)
