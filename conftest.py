"""For every test of the project: order, seed, folder, and how long a random campaign is. Decided in tools/suite_*.py."""

import os
import random

import pytest
from hypothesis import settings

from tools.suite_folder import use_folder_in_memory
from tools.suite_order import SECONDS, longest_first

SEED = "AIRGRID_SEED"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="random campaigns at full length (make test-deep); without it a sample of each")
    parser.addoption("--install", action="store_true", help="tests on fresh machines (make test-install); without it they are skipped")


def pytest_configure(config: pytest.Config) -> None:
    """One seed and one folder for a whole run, which its workers inherit."""
    os.environ.setdefault(SEED, str(random.SystemRandom().randrange(1 << 31)))
    use_folder_in_memory()
    # How long one example takes says how busy the machine is.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("install") and not item.config.getoption("--install"):
        pytest.skip("makes machines, for some minutes, as root: make test-install")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = longest_first(items, lambda item: SECONDS.get(item.location[0], 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"{SEED}={os.environ[SEED]}")


@pytest.fixture
def seed() -> int:
    """Of every random choice of a test; printed at the end of each run. AIRGRID_SEED repeats one."""
    return int(os.environ[SEED])


@pytest.fixture
def deep(request: pytest.FixtureRequest) -> bool:
    """Whether a random campaign goes its full length, and not a sample of it."""
    return bool(request.config.getoption("--deep"))
