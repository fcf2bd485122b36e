"""Where each program begins. Loading takes a second on a small machine: Ctrl-C meanwhile is an end without a trace."""

import importlib
import signal


def start(module: str) -> None:
    """Calls `main` of a module that is loaded here."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    main = importlib.import_module(module).main
    signal.signal(signal.SIGINT, before)
    main()
