"""What people install, on fresh machines without the internet, from `make dist`'s output alone (make test-install).

One machine a suite, with fleet service, gateway and a node on it, goes through its life in the order of this file.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.fresh_machine import FreshMachine, debian_root, why_not
from hil_tests.other_version import other_version
from hil_tests.processes import wait_until
from tools.dist.targets import SUITES
from tools.setup.steps import CHECKOUT

pytestmark = pytest.mark.install

MACHINE = "x86_64"
NODE = "n-0001"
UNITS = (
    "airgrid-fleet.service airgrid-gateway.service airgrid-broker-access.path airgrid-broker-access.service airgrid-broker-limits.service"
)
VERSION = ("gateway/version.py", ('VERSION = "0.1.0"', 'VERSION = "0.1.1"'))
ENDS = ("gateway/command/service.py", ('    """Until SIGTERM."""\n', '    raise SystemExit("this version ends at once")\n'))
DELIVERS_NOTHING = ("gateway/uplink/fleet_api.py", ("self._post(device_api.INGEST, body", 'self._post("/nowhere", body'))
MIGRATION = """
@MIGRATIONS()
def of_this_version(db: Database) -> None:
    db.execute("CREATE TABLE of_this_version (x)")

"""
# Greatest exposure that `systemd-analyze security` may find, of 10; the hardware and the network are what the services are for.
MOST_EXPOSED = 3.0


class Site:
    """A machine, the bundle it was made from, and the node at its broker."""

    def __init__(self, machine: FreshMachine, bundle: Path) -> None:
        self.machine = machine
        self.bundle = bundle
        self.token = ""
        self.key = ""

    def install(self, bundle: Path, *words: str) -> subprocess.CompletedProcess[str]:
        self._bring(bundle)
        return self.machine.run("/root/bundle/install", *words, limit_s=600)

    def begin_install(self, bundle: Path, *words: str) -> subprocess.Popen[bytes]:
        self._bring(bundle)
        return subprocess.Popen(self.machine.command("/root/bundle/install", *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def api(self, path: str, *more: str) -> str:
        """The answer of the fleet service, asked from outside of the machine's own programs."""
        ask = [
            "curl",
            "-sS",
            "--fail-with-body",
            "-H",
            f"Authorization: Bearer {self.token}",
            "-H",
            "Content-Type: application/json",
            *more,
        ]
        done = subprocess.run(
            self.machine.outside(*ask, f"http://127.0.0.1:8080/api/v1/{path}"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def received(self) -> int:
        """Items of the node in the record."""
        boots = json.loads(self.api(f"nodes/{NODE}/ledger"))["boots"]
        return sum(boot["received"] for boot in boots)

    def release(self) -> str:
        return (self.machine.root / "opt/airgrid/current").readlink().name

    def outcome(self) -> dict[str, str | bool]:
        return dict(json.loads((self.machine.root / "opt/airgrid/outcome.json").read_text()))

    def on_trial(self) -> bool:
        return (self.machine.root / "opt/airgrid/trial.json").exists()

    def wait_for_more(self) -> None:
        # After a return the services are started, and nobody waits until they answer.
        asks = self.machine.outside("curl", "-sf", "http://127.0.0.1:8080/healthz")
        wait_until(lambda: subprocess.run(asks, capture_output=True, check=False).returncode == 0, within_s=60, what="the fleet answers")
        before = self.received()
        wait_until(lambda: self.received() > before, within_s=90, what="reports reach the record", every_s=1)

    def _bring(self, bundle: Path) -> None:
        place = self.machine.root / "root" / "bundle"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(bundle, place)


@pytest.fixture(scope="module", params=[suite.name for suite in SUITES])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    refusal = why_not()
    assert refusal is None, refusal
    suite = request.param
    bundles = sorted((CHECKOUT / "build" / "dist").glob(f"airgrid-*-{suite}-{MACHINE}"))
    assert bundles, f"no bundle for {suite}: make dist SUITE={suite} ARCH={MACHINE}"
    folder = tmp_path_factory.mktemp(suite)
    machine = FreshMachine(debian_root(suite, folder / "root", CHECKOUT / "build" / "fresh-machines"))
    machine.boot()
    try:
        yield Site(machine, bundles[-1])
    finally:
        machine.cut_power()
        shutil.rmtree(machine.root, ignore_errors=True)


@pytest.fixture
def node(site: Site) -> Iterator[None]:
    """It reports every second."""
    command = site.machine.outside(sys.executable, "-m", "hil_tests.installed_node", NODE, site.key)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=CHECKOUT)
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


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
    for words in (("fleet",), ("gateway", "--fleet", "http://127.0.0.1:8080"), ("node",)):
        done = site.install(site.bundle, *words)
        assert done.returncode == 0, done.stdout
    shown = site.machine.shell("airgrid-node build --help; airgrid-fleet --help; airgrid-gateway --help")
    assert "Usage" in shown


def test_units_are_sound_and_leave_little_open(site: Site) -> None:
    site.machine.shell(f"systemd-analyze verify {' '.join('/etc/systemd/system/' + unit for unit in UNITS.split())}")
    for unit in ("airgrid-fleet.service", "airgrid-gateway.service"):
        exposed = re.search(r"exposure level for \S+: ([\d.]+)", site.machine.run("systemd-analyze", "security", "--no-pager", unit).stdout)
        assert exposed is not None and float(exposed[1]) <= MOST_EXPOSED


def test_a_node_reports_by_the_gateway_to_the_fleet_under_their_units(site: Site) -> None:
    site.machine.shell("systemctl start airgrid-fleet")
    site.token = site.machine.shell("sudo -u airgrid-fleet airgrid-fleet token create anna").split()[-1]
    wait_until(
        lambda: site.machine.run("systemctl", "is-active", "airgrid-fleet").stdout.strip() == "active", within_s=60, what="the fleet runs"
    )
    site.api("sites", "-d", '{"id": "east-gate", "name": "East Gate", "latitude": 30.6, "longitude": 104.1}')
    code = json.loads(site.api("gateways", "-d", '{"id": "gw-east", "site": "east-gate"}'))["enrolment_code"]
    site.key = json.loads(site.api("nodes", "-d", f'{{"id": "{NODE}", "gateway": "gw-east", "site": "east-gate"}}'))["key"]
    site.machine.shell(f"sudo -u airgrid airgrid-gateway enrol --code {code}; systemctl start airgrid-gateway")


def test_its_reports_are_in_the_record(site: Site, node: None) -> None:
    wait_until(lambda: site.received() > 2, within_s=120, what="reports are in the record", every_s=1)


def test_a_new_version_is_kept_when_a_report_and_a_receipt_came_under_it(site: Site, node: None, tmp_path: Path) -> None:
    old = site.release()
    done = site.install(other_version(site.bundle, tmp_path, dict([VERSION])), "gateway")
    assert done.returncode == 0, done.stdout
    assert site.release() != old and site.release().startswith("0.1.1-")
    assert site.outcome()["kept"] is True and "a report and a receipt came" in done.stdout
    assert not (site.machine.root / "etc/systemd/system/airgrid-trial.timer").exists()
    site.wait_for_more()


def test_a_version_that_ends_at_once_returns_by_itself(site: Site, node: None, tmp_path: Path) -> None:
    old = site.release()
    done = site.install(other_version(site.bundle, tmp_path, dict([VERSION, ENDS])), "gateway")
    assert done.returncode == 4, done.stdout
    assert "started again 5 times" in done.stdout and site.release() == old
    site.wait_for_more()


def test_a_version_that_delivers_nothing_returns_with_the_state_of_before_also_after_a_power_cut(
    site: Site, node: None, tmp_path: Path
) -> None:
    old = site.release()
    version = int(re.findall(r"^VERSION = (\d+)", (CHECKOUT / "gateway/store/lanes.py").read_text(), re.MULTILINE)[0])
    migrated = [
        ("gateway/store/lanes.py", (f"VERSION = {version}", f"VERSION = {version + 1}")),
        ("gateway/store/schema.py", ("\ndef bring_up_to_date(", MIGRATION + "\ndef bring_up_to_date(")),
    ]
    changed = other_version(site.bundle, tmp_path, dict([VERSION, DELIVERS_NOTHING, *migrated]))
    installer = site.begin_install(changed, "gateway")
    trial = site.machine.root / "opt/airgrid/trial.json"
    wait_until(
        lambda: trial.exists() and json.loads(trial.read_text())["phase"] == "judging", within_s=240, what="it is on trial", every_s=0.5
    )
    new = site.release()
    installer.kill()
    installer.wait()
    site.machine.cut_power()
    assert new != old and json.loads(trial.read_text())["copied"] == ["gateway"]
    # As after some minutes more.
    trial.write_text(json.dumps(json.loads(trial.read_text()) | {"rounds_left": 3}))
    site.machine.boot()
    wait_until(lambda: not site.on_trial(), within_s=180, what="the trial is judged", every_s=1)
    outcome = site.outcome()
    assert site.release() == old and outcome["kept"] is False and "no receipt" in str(outcome["why"])
    aside = site.machine.root / f"var/lib/airgrid-gateway/made-by-{new}"
    assert (aside / "buffer.sqlite").is_file() and str(aside.name) in str(outcome["why"])


def test_after_that_return_reports_arrive_again(site: Site, node: None) -> None:
    site.wait_for_more()
    assert "no such table" not in site.machine.shell("journalctl -u airgrid-gateway --no-pager | tail -n 50")


@pytest.mark.parametrize("step", ["[4/5]", "trial.json", "stopped"])
def test_an_installer_killed_at_any_step_is_mended_by_running_it_again(site: Site, node: None, tmp_path: Path, step: str) -> None:
    changed = other_version(site.bundle, tmp_path, dict([("gateway/version.py", (VERSION[1][0], f'VERSION = "0.2.{len(step)}"'))]))
    installer = site.begin_install(changed, "fleet")
    releases = site.machine.root / "opt/airgrid/releases"
    reached = {
        "[4/5]": lambda: any((path / "bin/pip").exists() for path in releases.glob(f"0.2.{len(step)}-*")),
        "trial.json": site.on_trial,
        "stopped": lambda: site.release().startswith(f"0.2.{len(step)}-"),
    }
    wait_until(reached[step], within_s=240, what=step, every_s=0.01)
    # nsenter's child has become the installer.
    os.kill(int(Path(f"/proc/{installer.pid}/task/{installer.pid}/children").read_text().split()[0]), signal.SIGKILL)
    installer.wait()
    wait_until(lambda: not site.on_trial(), within_s=240, what="what was left is judged", every_s=1)
    again = site.install(changed, "fleet")
    assert again.returncode == 0, again.stdout
    assert site.release().startswith(f"0.2.{len(step)}-")
    site.wait_for_more()


def test_programs_go_with_the_last_part_and_not_before(site: Site, node: None) -> None:
    root = site.machine.root
    said = site.machine.shell("airgrid-gateway uninstall")
    assert "airgrid-fleet, airgrid-node" in said and (root / "opt/airgrid/current/bin/airgrid-fleet").exists()
    assert site.api("gateways")
    (root / "opt/airgrid/node-wanted").unlink()  # as on a machine for which nobody has asked for the tool
    site.machine.shell("airgrid-fleet uninstall")
    placed = [*root.glob("opt/airgrid*"), *root.glob("usr/local/bin/airgrid-*"), *root.glob("etc/systemd/system/airgrid-*")]
    assert placed == [] and (root / "var/lib/airgrid-fleet/fleet.sqlite").is_file()
