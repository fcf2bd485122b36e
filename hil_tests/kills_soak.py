"""`make soak ONLY=kills`: kill -9 of gateway, broker or fleet every few seconds under load, counted by the bench itself.

Stopped at any moment, it goes on where it was: state of the services and counters of the bench stay in one folder.
"""

import random
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from fleet.state_folder import DATABASE_FILE
from hil_tests.counted_record import Comparison, compare
from hil_tests.fleet_service import FleetService
from hil_tests.load_node import LoadNode, hello, report
from hil_tests.plan import EAST_GATE
from hil_tests.processes import Program, wait_until
from hil_tests.sensors.clock import BenchClock
from hil_tests.sent_count import BootCount, SentCount
from hil_tests.site_gateway import SiteGateway

GATEWAY = "gw-kills"
NODES = 10
TICK_S = 0.025
REPORTS_PER_S = 300
KILL_EVERY_S = 4.0
DOWN_AT_MOST_S = 1.5
_COUNT = "sent.json"
_TRACE = "Traceback (most recent call last)"
Target = tuple[Program, Callable[[], None]]


class Load:
    """One node of numbers in one boot, with its count."""

    def __init__(self, node: LoadNode, count: BootCount) -> None:
        self.node = node
        self.count = count
        self.next_seq = 0

    def send(self, sent: SentCount) -> None:
        seq, self.next_seq = self.next_seq, self.next_seq + 1
        sent.reserve(self.count, seq)
        utc_ms = round(time.time() * 1000)
        if seq == 0:
            self.node.send("hello", [hello(0)])
        else:
            self.node.send("report", [report(seq, seq * 30, utc_ms, 30)])

    def note_acknowledged(self) -> None:
        self.count.acknowledged = self.node.acknowledged_below(self.next_seq)
        self.node.forget_times()


class KillsSoak:
    """Everything stays in `folder`, which goes on where an earlier run ended."""

    def __init__(self, folder: Path, seed: int, news: Callable[[str], None] = lambda text: None) -> None:
        if not (folder / _COUNT).exists():
            # A set-up that did not end cannot be gone on with: codes and tokens are shown once.
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.sent = SentCount.load(folder / _COUNT)
        self._news = news
        self._chance = random.Random(seed + self.sent.runs)
        self.sent.runs += 1
        clock = BenchClock(1)
        self.fleet = FleetService(folder / "fleet", clock)
        self.gateway = SiteGateway(GATEWAY, folder / "site", self.fleet.url, clock)

    def go(self, kills: int, reports: int, within_s: float) -> None:
        """Until both totals over all runs are reached, or the time is over; then until everything that was sent is in the record."""
        with self._services() as targets, ExitStack() as open_nodes:
            loads = [Load(open_nodes.enter_context(closing(node)), count) for node, count in map(self._new_boot, sorted(self.sent.keys))]
            began = time.monotonic()
            while time.monotonic() - began < within_s and (self.sent.killed < kills or self.sent.acknowledged < reports):
                self._kill_once(self._chance.choice(targets), loads)
            self._settle(loads)
            self.sent.running_s += time.monotonic() - began
            self.sent.save()

    def comparison(self) -> Comparison:
        return compare(self.fleet.state / DATABASE_FILE, self.sent.boots)

    def traces(self) -> int:
        """Traces of Python in the logs of gateway and fleet, of all runs."""
        logs = (self.fleet.program.log, self.gateway.program.log)
        return sum(log.read_text(errors="replace").count(_TRACE) for log in logs)

    @contextmanager
    def _services(self) -> Iterator[list[Target]]:
        """Started, and made known to each other the first time."""
        if self.sent.keys:
            self.fleet.start()
        else:
            self._set_up()
        self.gateway.start()
        try:
            wait_until(self.gateway.knows_its_nodes, within_s=60, what=f"its desired document\n{self.gateway.program.tail()}")
            programs = (self.gateway.program, self.gateway.broker.program, self.fleet.program)
            yield [(program, program.start) for program in programs]
        finally:
            self.gateway.stop()
            self.fleet.program.stop()

    def _set_up(self) -> None:
        self.fleet.prepare()
        self.fleet.start()
        api = self.fleet.api
        api.post("sites", asdict(EAST_GATE))
        self.gateway.enrol(api.post("gateways", {"id": GATEWAY, "site": EAST_GATE.id})["enrolment_code"])
        names = [f"load-{index}" for index in range(NODES)]
        self.sent.keys = {name: api.post("nodes", {"id": name, "gateway": GATEWAY, "site": EAST_GATE.id})["key"] for name in names}
        self.sent.save()

    def _new_boot(self, name: str) -> tuple[LoadNode, BootCount]:
        count = BootCount(name, secrets.token_hex(8))
        self.sent.boots.append(count)
        return LoadNode(name, bytes.fromhex(self.sent.keys[name]), count.boot, self.gateway.broker.port), count

    def _kill_once(self, target: Target, loads: list[Load]) -> None:
        program, start = target
        down_s = self._chance.uniform(0, DOWN_AT_MOST_S)
        self._load_for(KILL_EVERY_S - down_s, loads)
        program.kill()
        self.sent.kills[program.name] = self.sent.kills.get(program.name, 0) + 1
        self._load_for(down_s, loads)
        start()
        for load in loads:
            load.note_acknowledged()
        self.sent.save()
        if self.sent.killed % 10 == 0:
            self._news(f"{self.sent.killed} kills, {self.sent.acknowledged} reports acknowledged")

    def _load_for(self, seconds: float, loads: list[Load]) -> None:
        began = time.monotonic()
        due = 0
        while (passed := time.monotonic() - began) < seconds:
            while due < passed * REPORTS_PER_S:
                loads[due % len(loads)].send(self.sent)
                due += 1
            for load in loads:
                load.node.resend_due()
            time.sleep(TICK_S)

    def _settle(self, loads: list[Load]) -> None:
        for load in loads:
            load.node.wait_for_acks(within_s=120)
            load.note_acknowledged()
        self.sent.save()
        wait_until(lambda: not self._undelivered(), within_s=300, what="an empty buffer of the gateway", every_s=1)

    def _undelivered(self) -> int:
        return sum(self.gateway.status()["backlog"]["lanes"].values())
