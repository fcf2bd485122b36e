"""Where the MicroPython interpreter is that set-up provides. Does not install, start or configure it."""

import os
import shlex
import shutil
from pathlib import Path

PRIVATE = Path(__file__).parent.parent / "build" / "micropython" / "micropython"


def micropython_command() -> list[str]:
    """The command that starts it: $AIRGRID_MICROPYTHON, else on the PATH, else the copy that `make setup` unpacked.

    Raises FileNotFoundError when there is none.
    """
    chosen = os.environ.get("AIRGRID_MICROPYTHON")
    if chosen:
        return shlex.split(chosen)
    found = shutil.which("micropython")
    if found:
        return [found]
    if os.access(PRIVATE, os.X_OK):
        return [str(PRIVATE)]
    raise FileNotFoundError("micropython: not on the PATH and not in build/micropython; run: make setup")
