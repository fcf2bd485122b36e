"""The units, as systemd itself judges them."""

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from gateway.installation.install_plan import Choices, plan
from host.installation.run import Machine, run_steps

pytestmark = pytest.mark.hil

WORST_EXPOSURE = 2.5
SERVICES = ("airgrid-gateway.service", "airgrid-broker-access.service", "airgrid-broker-limits.service")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    # systemd asks for a program that exists; which one it is does not matter to it.
    list(run_steps(plan(Choices(PurePosixPath("/bin/true"), "https://fleet.example", ("dialout",), "p", "1234")), Machine.at(tmp_path)))
    return tmp_path / "etc/systemd/system"


def test_systemd_finds_no_fault_in_the_units(units: Path) -> None:
    paths = [str(path) for path in sorted(units.glob("*.*")) if path.is_file()]
    found = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    complaints = [line for line in (found.stdout + found.stderr).splitlines() if str(units) in line or "airgrid" in line]
    assert (found.returncode, complaints) == (0, [])


_LIMITS = {
    "airgrid-gateway.service": ("LimitNOFILE", "MemoryMax", "TasksMax"),
    "mosquitto.service.d/airgrid.conf": ("LimitNOFILE", "MemoryMax", "TasksMax"),
}


@pytest.mark.parametrize("name", _LIMITS)
def test_each_service_is_bound_in_descriptors_memory_and_tasks(units: Path, name: str) -> None:
    assert set(_LIMITS[name]) <= {line.partition("=")[0] for line in (units / name).read_text().splitlines()}


@pytest.mark.parametrize(("broken", "complains"), [("", False), ("[Service]\nLimitNOFILE=many\n", True)])
def test_systemd_takes_the_limits_of_the_broker(units: Path, broken: str, complains: bool) -> None:
    (units / "mosquitto.service").write_text("[Service]\nExecStart=/bin/true\n")
    with (units / "mosquitto.service.d" / "airgrid.conf").open("a") as drop_in:
        drop_in.write(broken)
    found = subprocess.run(["systemd-analyze", "verify", str(units / "mosquitto.service")], capture_output=True, text=True, check=False)
    assert ("airgrid.conf" in found.stdout + found.stderr) == complains, found.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_could_do_to_the_machine_is_little(units: Path, service: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", str(units / service)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", shown)
    assert exposure is not None, shown
    assert float(exposure[1]) <= WORST_EXPOSURE
