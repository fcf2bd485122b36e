"""The process that runs for months. `airgrid-gateway run` becomes it, so that it carries nothing of what only a terminal needs."""

import asyncio
import sys
from pathlib import Path

from gateway import wiring
from gateway.command.cli_errors import exit_on_fault, load_configuration
from gateway.identity_file import load
from gateway.process import log_lines, state_folder
from gateway.process.state_lock import StateLock


def main(config: Path) -> None:
    """Until SIGTERM."""
    settings = load_configuration(config)
    log_lines.set_up(settings.gateway.log_level)
    with exit_on_fault(config):
        state_folder.check(settings.state)
        identity = load(settings.state)
        StateLock(settings.state).hold()
        asyncio.run(wiring.run(settings, identity))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
