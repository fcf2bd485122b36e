"""A fresh machine on which bundles are installed, and the node that reports at its broker."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hil_tests.fresh_machine import FreshMachine, debian_root, why_not
from hil_tests.processes import wait_until
from hil_tests.source_tree import CHECKOUT

NODE = "n-0001"
FLEET_URL = "http://127.0.0.1:8080"
_MACHINE = "x86_64"


class Site:
    """A machine, the bundle that it is installed from, and the node at its broker. `part`: whose releases and trials are meant."""

    def __init__(self, machine: FreshMachine, bundle: Path) -> None:
        self.machine = machine
        self.bundle = bundle
        self.token = ""
        self.key = ""

    def install(self, bundle: Path, *words: str) -> subprocess.CompletedProcess[str]:
        self._bring(bundle)
        return self.machine.run("/root/bundle/install", *words, limit_s=900)

    def begin_install(self, bundle: Path, *words: str) -> subprocess.Popen[bytes]:
        self._bring(bundle)
        return subprocess.Popen(self.machine.command("/root/bundle/install", *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def api(self, path: str, *more: str) -> str:
        """The answer of the fleet service, asked from outside of the machine's own programs."""
        headers = ["-H", f"Authorization: Bearer {self.token}", "-H", "Content-Type: application/json"]
        ask = ["curl", "-sS", "--fail-with-body", *headers, *more, f"{FLEET_URL}/api/v1/{path}"]
        done = subprocess.run(self.machine.outside(*ask), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def register(self) -> str:
        """A site, its gateway and its node at the fleet. The code of the gateway."""
        self.api("sites", "-d", '{"id": "east-gate", "name": "East Gate", "latitude": 30.6, "longitude": 104.1}')
        code = json.loads(self.api("gateways", "-d", '{"id": "gw-east", "site": "east-gate"}'))["enrolment_code"]
        self.key = json.loads(self.api("nodes", "-d", f'{{"id": "{NODE}", "gateway": "gw-east", "site": "east-gate"}}'))["key"]
        return str(code)

    def boots(self) -> list[dict[str, Any]]:
        """Of the node, in the ledger."""
        return list(json.loads(self.api(f"nodes/{NODE}/ledger"))["boots"])

    def received(self) -> int:
        """Items of the node in the record."""
        return sum(boot["received"] for boot in self.boots())

    def release(self, part: str = "gateway") -> str:
        return (self.machine.root / "opt/airgrid" / part).readlink().name

    def outcome(self, part: str = "gateway") -> dict[str, Any]:
        return dict(json.loads((self.machine.root / f"opt/airgrid/{part}-outcome.json").read_text()))

    def trial(self, part: str = "gateway") -> Path:
        return self.machine.root / f"opt/airgrid/{part}-trial.json"

    def phase(self, part: str = "gateway") -> str:
        """Of its trial; "" where there is none."""
        try:
            return str(json.loads(self.trial(part).read_text())["phase"])
        except FileNotFoundError:
            return ""

    def wait_for_phase(self, phase: str, part: str = "gateway") -> None:
        wait_until(lambda: self.phase(part) == phase, within_s=300, what=f"the trial of the {part} is {phase or 'over'}", every_s=0.2)

    def hasten(self, part: str = "gateway", rounds: int = 2) -> None:
        """As after some minutes more of a trial. Its judge is kept away meanwhile, which writes the same file."""
        timer = f"airgrid-{part}-trial.timer"
        self.machine.shell(f"systemctl stop {timer}; while systemctl is-active -q airgrid-{part}-trial.service; do sleep 0.1; done")
        if self.phase(part):
            self.trial(part).write_text(json.dumps(json.loads(self.trial(part).read_text()) | {"rounds_left": rounds}))
        self.machine.shell(f"systemctl start {timer} || true")

    def wait_for_fleet(self) -> None:
        # After a return the services are started, and nobody waits until they answer.
        asks = self.machine.outside("curl", "-sf", f"{FLEET_URL}/healthz")
        wait_until(lambda: subprocess.run(asks, capture_output=True, check=False).returncode == 0, within_s=60, what="the fleet answers")

    def wait_for_more(self) -> None:
        self.wait_for_fleet()
        before = self.received()
        wait_until(lambda: self.received() > before, within_s=90, what="reports reach the record", every_s=1)

    def wait_for_all(self) -> None:
        """Of the newest boot of the node: everything that it made up to now is in the record, and nothing is missing."""
        self.wait_for_more()
        newest = self.boots()[-1]["highest"]
        wait_until(
            lambda: self.boots()[-1]["highest"] > newest and not self.boots()[-1]["missing"],
            within_s=120,
            what="no report is missing",
            every_s=1,
        )

    def _bring(self, bundle: Path) -> None:
        place = self.machine.root / "root" / "bundle"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(bundle, place)


@contextmanager
def booted_site(suite: str, folder: Path) -> Iterator[Site]:
    """Nothing is installed on it yet."""
    refusal = why_not()
    assert refusal is None, refusal
    bundles = sorted((CHECKOUT / "build" / "dist").glob(f"airgrid-*-{suite}-{_MACHINE}"))
    assert bundles, f"no bundle for {suite}: make dist SUITE={suite} ARCH={_MACHINE}"
    machine = FreshMachine(debian_root(suite, folder / "root", CHECKOUT / "build" / "fresh-machines"))
    machine.boot()
    try:
        yield Site(machine, bundles[-1])
    finally:
        machine.cut_power()
        shutil.rmtree(machine.root, ignore_errors=True)


def install_both(site: Site) -> None:
    """Fleet service and gateway, enrolled, running."""
    for words in (("fleet",), ("gateway", "--fleet", FLEET_URL)):
        done = site.install(site.bundle, *words)
        assert done.returncode == 0, done.stdout
    site.machine.shell("systemctl start airgrid-fleet")
    site.token = site.machine.shell("sudo -u airgrid-fleet airgrid-fleet token create anna").split()[-1]
    site.wait_for_fleet()
    site.machine.shell(f"sudo -u airgrid airgrid-gateway enrol --code {site.register()}; systemctl start airgrid-gateway")


@contextmanager
def reporting_node(site: Site) -> Iterator[None]:
    """It reports every second, and keeps what is not acknowledged."""
    command = site.machine.outside(sys.executable, "-m", "hil_tests.installed_node", NODE, site.key)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=CHECKOUT)
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
