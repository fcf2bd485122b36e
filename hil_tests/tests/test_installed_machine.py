"""What people install, on fresh machines without the internet, from `make dist`'s output alone (make test-install).

One machine a suite, with fleet service, gateway and a node on it, goes through its life in the order of this file.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.installed_site import Site, booted_site, install_both, reporting_node
from hil_tests.other_version import numbered, other_version
from hil_tests.processes import wait_until
from tools.dist.targets import SUITES

pytestmark = pytest.mark.install

UNITS = (
    "airgrid-fleet.service airgrid-gateway.service airgrid-broker-access.path airgrid-broker-access.service airgrid-broker-limits.service"
)
# Greatest exposure that `systemd-analyze security` may find, of 10; the hardware and the network are what the services are for.
MOST_EXPOSED = 3.0


@pytest.fixture(scope="module", params=[suite.name for suite in SUITES])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with booted_site(request.param, tmp_path_factory.mktemp(request.param)) as site:
        yield site


@pytest.fixture
def node(site: Site) -> Iterator[None]:
    with reporting_node(site):
        yield


def test_a_bundle_that_was_damaged_is_refused_by_the_name_of_the_file(site: Site, tmp_path: Path) -> None:
    damaged = tmp_path / "bundle"
    shutil.copytree(site.bundle, damaged)
    with (damaged / "requirements.txt").open("a") as file:
        file.write("\n")
    done = site.install(damaged, "fleet")
    assert done.returncode != 0 and "requirements.txt: FAILED" in done.stdout and "copy or unpack" in done.stdout
    assert not (site.machine.root / "opt/airgrid").exists()


def test_a_bundle_for_another_debian_is_refused_with_what_to_take(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "bundle"
    shutil.copytree(site.bundle, other)
    about = (other / "about").read_text()
    (other / "about").write_text(re.sub(r"SUITE=\w+", "SUITE=buster", about))
    sums = (other / "SHA256SUMS").read_text().splitlines(keepends=True)
    (other / "SHA256SUMS").write_text("".join(line for line in sums if not line.endswith("  about\n")))
    done = site.install(other, "fleet")
    assert done.returncode != 0 and "Please take the bundle with" in done.stdout
    assert not (site.machine.root / "opt/airgrid").exists()


def test_fleet_and_gateway_are_installed_without_internet_and_without_python_before(site: Site) -> None:
    assert not (site.machine.root / "usr/bin/python3").exists()
    install_both(site)
    done = site.install(site.bundle, "node")
    assert done.returncode == 0, done.stdout
    shown = site.machine.shell("airgrid-node build --help; airgrid-fleet --help; airgrid-gateway --help")
    assert "Usage" in shown


def test_units_are_sound_and_leave_little_open(site: Site) -> None:
    site.machine.shell(f"systemd-analyze verify {' '.join('/etc/systemd/system/' + unit for unit in UNITS.split())}")
    for unit in ("airgrid-fleet.service", "airgrid-gateway.service"):
        exposed = re.search(r"exposure level for \S+: ([\d.]+)", site.machine.run("systemd-analyze", "security", "--no-pager", unit).stdout)
        assert exposed is not None and float(exposed[1]) <= MOST_EXPOSED


def test_a_node_reports_by_the_gateway_to_the_fleet_under_their_units(site: Site, node: None) -> None:
    wait_until(lambda: site.received() > 2, within_s=120, what="reports are in the record", every_s=1)


def test_a_new_version_of_one_program_leaves_the_others_as_they_are(site: Site, node: None, tmp_path: Path) -> None:
    old = site.release()
    started = site.machine.shell("systemctl show -p ExecMainStartTimestampMonotonic airgrid-fleet")
    done = site.install(other_version(site.bundle, tmp_path, numbered("0.1.1")), "gateway")
    assert done.returncode == 0, done.stdout
    assert site.release().startswith("0.1.1-") and (site.release("fleet"), site.release("node")) == (old, old)
    assert site.outcome()["kept"] is True and "a report and a receipt came" in done.stdout
    assert not (site.machine.root / "etc/systemd/system/airgrid-gateway-trial.timer").exists()
    assert site.machine.shell("systemctl show -p ExecMainStartTimestampMonotonic airgrid-fleet") == started
    site.wait_for_more()


def test_programs_go_with_the_last_part_and_not_before(site: Site, node: None) -> None:
    root = site.machine.root
    said = site.machine.shell("airgrid-gateway uninstall")
    assert "airgrid-fleet, airgrid-node" in said and (root / "opt/airgrid/fleet/bin/airgrid-fleet").exists()
    assert not any((root / "opt/airgrid/releases").glob("0.1.1-*"))
    assert site.api("gateways")
    (root / "opt/airgrid/node").unlink()  # as on a machine for which nobody has asked for the tool
    (root / "usr/local/bin/airgrid-node").unlink()
    site.machine.shell("airgrid-fleet uninstall")
    placed = [*root.glob("opt/airgrid*"), *root.glob("usr/local/bin/airgrid-*"), *root.glob("etc/systemd/system/airgrid-*")]
    assert placed == [] and (root / "var/lib/airgrid-fleet/fleet.sqlite").is_file()
