"""In which order test files are run: the longest first, so that no core idles beside the last one. Pure.

Files are handed out whole (`--dist loadfile`), because what they start is started once a file.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

# Seconds of a file by itself, roughly; only their order matters. Files that are not listed take less than the shortest here.
SECONDS = {
    "hil_tests/tests/test_demo_runs.py": 105.0,
    "hil_tests/tests/test_kills.py": 100.0,
    "hil_tests/tests/test_technician.py": 100.0,
    "hil_tests/tests/test_pages.py": 90.0,
    "hil_tests/tests/test_siege.py": 90.0,
    "hil_tests/tests/test_quiet.py": 70.0,
    "hil_tests/tests/test_simulated_day.py": 70.0,
    "fleet/tests/test_listening_live.py": 60.0,
    "hil_tests/tests/test_kills_soak.py": 60.0,
    "hil_tests/tests/test_node_links.py": 55.0,
    "hil_tests/tests/test_node_on_virtual_board.py": 55.0,
    "hil_tests/tests/test_pages_out_of_date.py": 55.0,
    "hil_tests/tests/test_node_power.py": 50.0,
    "hil_tests/tests/test_sensor_faults.py": 50.0,
    "gateway/tests/test_loss.py": 45.0,
    "hil_tests/tests/test_bad_input.py": 45.0,
    "hil_tests/tests/test_node_trial.py": 45.0,
    "hil_tests/tests/test_noise.py": 45.0,
    "gateway/tests/test_modbus_bus.py": 40.0,
    "hil_tests/tests/test_gateway_crowd.py": 40.0,
    "hil_tests/tests/test_gateway_sources.py": 40.0,
    "gateway/tests/test_killed_process.py": 35.0,
    "hil_tests/tests/test_alarm_on_the_spot.py": 35.0,
    "hil_tests/tests/test_gateway_soak.py": 35.0,
    "fleet/tests/test_access_live.py": 30.0,
    "fleet/tests/test_live.py": 30.0,
    "gateway/tests/test_broker_access.py": 30.0,
    "gateway/tests/test_whole_gateway.py": 30.0,
    "hil_tests/tests/test_drivers_on_board.py": 30.0,
    "hil_tests/tests/test_fleet_siege.py": 30.0,
    "hil_tests/tests/test_node_console.py": 30.0,
    "hil_tests/tests/test_node_fits.py": 30.0,
    "fleet/tests/test_openapi.py": 25.0,
    "gateway/tests/test_month_offline.py": 25.0,
    "gateway/tests/test_power_cut.py": 25.0,
    "hil_tests/tests/test_life_of_things.py": 25.0,
    "hil_tests/tests/test_node_spool.py": 25.0,
    "hil_tests/tests/test_pages_first_node.py": 25.0,
    "technician/tests/test_cli.py": 25.0,
    "gateway/tests/test_tls.py": 20.0,
    "gateway/tests/test_version_trial.py": 20.0,
    "hil_tests/tests/test_delivered_profile.py": 20.0,
}


def longest_first(tests: Sequence[T], seconds: Callable[[T], float]) -> list[T]:
    """Tests of one file stay in their order; files that take equally long, too."""
    return sorted(tests, key=seconds, reverse=True)
