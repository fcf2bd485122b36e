"""How faults are printed at a terminal: in one line each with what to do, and by an exit code. For the command line and the service."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway import configuration
from gateway.configuration import Configuration
from gateway.errors import ENROL, ConfigurationError, GatewayError
from host.errors import HostError

DEFAULT_CONFIG = Path("/etc/airgrid/gateway.toml")
# Commands that an advice names and that have a configuration; those of `install` are of the machine.
_ADVISED = re.compile(rf"{ENROL}|airgrid-gateway (?:doctor|status|inspect|export|backup|restore|resend|run)\b")
EXIT_FAULT = 1
EXIT_CONFIGURATION = 2


@contextmanager
def exit_on_fault(config: Path) -> Iterator[None]:
    """Prints a fault and raises SystemExit."""
    try:
        yield
    except GatewayError as error:
        print_error(with_config(str(error), config))
        raise SystemExit(EXIT_FAULT) from error
    except HostError as error:
        print_error(with_config(str(error), config))
        raise SystemExit(EXIT_FAULT) from error
    except OSError as error:
        print_error(f"{error} -> run as the owner of the state folder, and see that it is mounted writable")
        raise SystemExit(EXIT_FAULT) from error


def load_configuration(path: Path) -> Configuration:
    """Raises SystemExit, every fault printed."""
    try:
        return configuration.load(path)
    except ConfigurationError as error:
        print_error(f"{path}: {len(error.faults)} fault(s)")
        for fault in error.faults:
            print_error(f"  {fault}")
        raise SystemExit(EXIT_CONFIGURATION) from error


def with_config(text: str, config: Path) -> str:
    """A command that the text advises gets the configuration file of this one."""
    return text if config == DEFAULT_CONFIG else _ADVISED.sub(rf"\g<0> --config {config}", text)


def print_error(line: str) -> None:
    sys.stderr.write(line + "\n")
