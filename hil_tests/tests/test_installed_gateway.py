"""New versions of a gateway whose fleet service is on another machine, as sites have it (make test-install)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.installed_site import FLEET_URL, Site, booted_site, reporting_node
from hil_tests.other_version import DELIVERS_NOTHING, numbered, other_version
from tools.dist.targets import SUITES

pytestmark = pytest.mark.install

_FLEET = str(Path(sys.executable).with_name("airgrid-fleet"))


@pytest.fixture(scope="module", params=[suite.name for suite in SUITES])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with booted_site(request.param, tmp_path_factory.mktemp(request.param)) as site:
        state = str(tmp_path_factory.mktemp("fleet") / "state")
        subprocess.run([_FLEET, "init", "--state", state], check=True, capture_output=True)
        token = subprocess.run([_FLEET, "token", "create", "anna", "--state", state], check=True, capture_output=True, text=True).stdout
        site.token = token.split()[-1]
        # Of this checkout, on the network of the machine and beside everything that is installed there.
        fleet = subprocess.Popen(
            site.machine.outside(_FLEET, "run", "--state", state), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            site.wait_for_fleet()
            done = site.install(site.bundle, "gateway", "--fleet", FLEET_URL)
            assert done.returncode == 0, done.stdout
            site.machine.shell(f"sudo -u airgrid airgrid-gateway enrol --code {site.register()}; systemctl start airgrid-gateway")
            yield site
        finally:
            fleet.kill()
            fleet.wait()


def test_a_version_that_cannot_deliver_returns_and_nothing_is_missing(site: Site, tmp_path: Path) -> None:
    with reporting_node(site):
        site.wait_for_more()
        old = site.release()
        installer = site.begin_install(other_version(site.bundle, tmp_path, numbered("0.1.1"), DELIVERS_NOTHING), "gateway")
        site.wait_for_phase("judging")
        # What the old version still delivered on its way down proves nothing of the new one.
        site.hasten(rounds=3)
        assert installer.wait(180) == 4 and site.release() == old
        assert "no receipt" in site.outcome()["why"]
        site.wait_for_all()


def test_one_that_delivers_is_kept(site: Site, tmp_path: Path) -> None:
    with reporting_node(site):
        site.wait_for_more()
        done = site.install(other_version(site.bundle, tmp_path, numbered("0.1.2")), "gateway")
        assert done.returncode == 0 and "a report and a receipt came" in done.stdout, done.stdout
        assert not (site.machine.root / "opt/airgrid/fleet").is_symlink()
        site.wait_for_all()
