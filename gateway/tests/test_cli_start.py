"""The command line answers at once: what a command alone needs is imported by that command."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("library", ["aiohttp", "aiomqtt", "cryptography", "sqlite_utils"])
def test_the_command_line_does_not_import_what_only_a_command_needs(library: str) -> None:
    program = f"import sys, gateway.command.cli; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize(
    "library", ["gpiozero", "importlib.metadata", "minimalmodbus", "prometheus_client", "rich", "serial", "sqlite_utils", "typer"]
)
def test_the_process_that_runs_for_months_imports_only_what_every_site_needs(library: str) -> None:
    program = f"import sys, gateway.command.service; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
