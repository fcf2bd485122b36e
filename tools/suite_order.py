"""In which order test files are run: the longest first, so that no core idles beside the last one. Pure.

Files are handed out whole (`--dist loadfile`), because what they start is started once a file.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

# Seconds of a file by itself, roughly; only their order matters. Files that are not listed take less than the shortest here.
SECONDS = {
    "hil_tests/tests/test_simulated_day.py": 110.0,
    "hil_tests/tests/test_quiet.py": 75.0,
    "hil_tests/tests/test_pages.py": 70.0,
    "gateway/tests/test_loss.py": 60.0,
    "hil_tests/tests/test_kills.py": 50.0,
    "hil_tests/tests/test_node_power.py": 50.0,
    "hil_tests/tests/test_technician.py": 45.0,
    "fleet/tests/test_live.py": 40.0,
    "hil_tests/tests/test_gateway_sources.py": 40.0,
    "hil_tests/tests/test_alarm_on_the_spot.py": 35.0,
    "hil_tests/tests/test_gateway_crowd.py": 35.0,
    "hil_tests/tests/test_node_trial.py": 35.0,
    "gateway/tests/test_month_offline.py": 30.0,
    "hil_tests/tests/test_bad_input.py": 30.0,
    "hil_tests/tests/test_gateway_soak.py": 30.0,
    "hil_tests/tests/test_node_fits.py": 30.0,
    "gateway/tests/test_power_cut.py": 25.0,
    "hil_tests/tests/test_delivered_profile.py": 25.0,
    "gateway/tests/test_killed_process.py": 20.0,
    "hil_tests/tests/test_node_console.py": 20.0,
}


def longest_first(tests: Sequence[T], seconds: Callable[[T], float]) -> list[T]:
    """Tests of one file stay in their order; files that take equally long, too."""
    return sorted(tests, key=seconds, reverse=True)
