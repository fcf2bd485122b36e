"""`make demo`: a small district on this machine, on real firmware, real brokers, real gateways and the real fleet service.

Runs until Ctrl-C, or for DEMO_SECONDS; then exits 0 only if every node's reports are in the record and the setting that
it changed meanwhile was confirmed by its node.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from hil_tests.district import District
from hil_tests.plan import small_district
from hil_tests.processes import accepts_connections, free_port
from hil_tests.sensors.scenario import Noisy, Scenario, Steady
from hil_tests.site_gateway import PIN

PAGE_PORT = 8080
PERIOD_MS = 5000
CHANGED_PERIOD_MS = 3000
CHANGED_NODE = "river-2"
CHANGE_AFTER_S = 15
LEAST_REPORTS = 2
LOOK_EVERY_S = 1.0
COUNT_EVERY_S = 15.0
# Two periods, a change of settings, and the starting of boards.
LEAST_SECONDS = 15

console = Console(highlight=False, soft_wrap=True)


class StopRequestedError(Exception):
    """Ctrl-C or SIGTERM: the demo ends as it does at its time."""


def say(text: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}")


def air() -> dict[str, Scenario]:
    """Another air for each node, moving a little, so that the page lives."""
    levels = {"east-1": 38.0, "east-2": 61.0, "river-1": 24.0, "river-2": 83.0}
    return {
        node: Scenario(
            {
                "pm2_5_atm": Noisy(Steady(level), 0.12 * level, index),
                "tvoc": Noisy(Steady(120 + 60 * index), 25, index),
                "temperature": Noisy(Steady(3.5), 0.4, index),
                "humidity": Noisy(Steady(47), 2, index),
            }
        )
        for index, (node, level) in enumerate(levels.items())
    }


class Watcher:
    """Says once what is worth knowing, and keeps what the exit code asks for."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._reported: dict[str, int] = {}
        self._clean: set[str] = set()
        self._counted_at = time.monotonic()
        self.changed_at: float | None = None
        self.confirmed = False

    def look(self) -> None:
        for of_node in self._district.fleet.api.get("latest"):
            for channel in of_node["channels"]:
                self._news_of(of_node["node"], channel)
        if self.changed_at is not None and not self.confirmed:
            self._news_of_change()
        if time.monotonic() - self._counted_at >= COUNT_EVERY_S:
            self._counted_at = time.monotonic()
            counts = ", ".join(f"{node} {self._district.received(node)}" for node in self._district.nodes)
            say(f"[dim]messages in the record: {counts}[/dim]")

    def change_setting(self) -> None:
        api = self._district.fleet.api
        settings = {**api.get(f"nodes/{CHANGED_NODE}/settings")["desired"]["settings"], "period_ms": CHANGED_PERIOD_MS}
        api.put(f"nodes/{CHANGED_NODE}/settings", {"settings": settings, "reason": "the demo shows a change"})
        self.changed_at = time.monotonic()
        say(f"[cyan]{CHANGED_NODE}[/cyan]: report period set to {CHANGED_PERIOD_MS // 1000} s through the API")

    def missing(self) -> list[str]:
        """The nodes of whom too little is in the record."""
        return [node for node in self._district.nodes if len(self._district.reports(node)) < LEAST_REPORTS]

    def _news_of(self, node: str, row: dict[str, Any]) -> None:
        if node not in self._reported:
            self._reported[node] = 1
            say(f"[cyan]{node}[/cyan]: first report is in the record; its sensors warm up for half a minute")
        if node not in self._clean and row["quantity"] == "pm2_5_atm" and row["quality"] == "ok":
            self._clean.add(node)
            say(f"[cyan]{node}[/cyan]: PM2.5 {row['value']:g} {row['unit']}, quality ok")

    def _news_of_change(self) -> None:
        if self._district.fleet.api.get(f"nodes/{CHANGED_NODE}/settings")["state"] == "confirmed":
            self.confirmed = True
            took = time.monotonic() - (self.changed_at or 0)
            say(f"[cyan]{CHANGED_NODE}[/cyan]: the node confirms its new settings, {took:.1f} s after the change")


def run(district: District, seconds: float | None) -> int:
    say("starting the fleet service, two sites with a broker and a gateway each, and four nodes …")
    district.start()
    console.print(f"\n  [bold]The page:[/bold] [link]{district.fleet.url}/[/link]   API: {district.fleet.url}/openapi.json")
    for gateway in district.gateways.values():
        console.print(f"  {gateway.name}, as its technician sees it: [link]http://127.0.0.1:{gateway.web_port}/[/link]   PIN {PIN}")
    console.print(f"  {'Ends by itself after ' + format(seconds, 'g') + ' s.' if seconds else 'Ctrl-C ends it.'}\n")
    watcher = Watcher(district)
    for elapsed in _seconds(seconds):
        watcher.look()
        if watcher.changed_at is None and elapsed >= min(CHANGE_AFTER_S, (seconds or 1e9) / 3):
            watcher.change_setting()
    return verdict(watcher)


def _seconds(limit: float | None) -> Iterator[float]:
    started = time.monotonic()
    while limit is None or time.monotonic() - started < limit:
        yield time.monotonic() - started
        time.sleep(LOOK_EVERY_S)


def verdict(watcher: Watcher) -> int:
    missing = watcher.missing()
    for node in missing:
        say(f"[red]{node}: fewer than {LEAST_REPORTS} reports in the record[/red]")
    if watcher.changed_at is not None and not watcher.confirmed:
        say(f"[red]{CHANGED_NODE}: the change was not confirmed[/red]")
    if missing or (watcher.changed_at is not None and not watcher.confirmed):
        return 1
    say("[green]the reports of every node are in the record, and the change was confirmed[/green]")
    return 0


def wished_seconds(text: str) -> float | None:
    """None: until Ctrl-C. Raises ValueError on what is no number, or too short for every node to report."""
    if not text:
        return None
    seconds = float(text)
    if not LEAST_SECONDS <= seconds < float("inf"):
        raise ValueError(text)
    return seconds


def _stop(number: int, frame: FrameType | None) -> None:
    raise StopRequestedError


def main() -> int:
    try:
        seconds = wished_seconds(os.environ.get("DEMO_SECONDS", ""))
    except ValueError:
        console.print(f"DEMO_SECONDS={os.environ['DEMO_SECONDS']}: must be a number of seconds, at least {LEAST_SECONDS}")
        return 2
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    folder = Path(tempfile.mkdtemp(prefix="airgrid-demo-"))
    port = PAGE_PORT if not accepts_connections(PAGE_PORT) else free_port()
    code = 1
    try:
        with District(small_district(period_ms=PERIOD_MS), folder, scenarios=air(), fleet_port=port, news=say) as district:
            code = run(district, seconds)
    except StopRequestedError:
        say("stopped")
        code = 0 if seconds is None else 1
    if code == 0:
        shutil.rmtree(folder)
    else:
        say(f"logs and state are kept in {folder}")
    return code


if __name__ == "__main__":
    sys.exit(main())
