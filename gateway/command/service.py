"""The process that runs for months. `airgrid-gateway run` becomes it, so that it carries nothing of what only a terminal needs."""

import asyncio
import logging
import sys
from pathlib import Path

from gateway import wiring
from gateway.command.cli_errors import exit_on_fault, load_configuration
from gateway.identity_file import load
from gateway.process import state_folder
from gateway.time.clock import Clock
from host.listening.descriptors import raise_soft_limit
from host.logs.limited_handler import set_up
from host.state_lock import StateLock


def main(config: Path) -> None:
    """Until SIGTERM."""
    settings = load_configuration(config)
    set_up(settings.gateway.log_level, Clock().monotonic_s)
    # aiomqtt repeats as errors what the carrier handles and counts.
    logging.getLogger("mqtt").setLevel(logging.CRITICAL)
    raise_soft_limit()
    with exit_on_fault(config):
        state_folder.check(settings.state)
        identity = load(settings.state)
        StateLock(settings.state).hold()
        asyncio.run(wiring.run(settings, identity))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
