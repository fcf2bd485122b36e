"""Runs until Ctrl-C, or for DEMO_SECONDS; then exits 0 only if every node's reports are in the record and all that the demo began has
ended as it should.
"""

import getpass
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import FrameType

from rich.console import Console

from fleet.tests.made_up_district import made_up_zip
from hil_tests.admin_api import AdminApi, ApiError
from hil_tests.cut_line import CutLine
from hil_tests.demo import greeting
from hil_tests.demo.air import SMOKY, Smoke, air, ordinary
from hil_tests.demo.keeping import Keeper
from hil_tests.demo.options import LEAST_SECONDS, tunnel, wished_seconds
from hil_tests.demo.story import ALARM_GATEWAY, CUT_SITE, RULE, Act, ChangeOfSetting, CutOfTheLine, SmokeAtTheRiver, VisitorsSettings
from hil_tests.demo.watcher import Watcher, patient_verdict
from hil_tests.district import District
from hil_tests.plan import small_district
from hil_tests.processes import Program, accepts_connections, free_port

PAGE_PORT = 8080
PERIOD_MS = 5000
LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 5.0
VERDICT_WITHIN_S = 30.0

console = Console(highlight=False, soft_wrap=True)


class StopRequestedError(Exception):
    """Ctrl-C or SIGTERM: the demo ends as it does at its time."""


def say(text: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}")


def run(folder: Path, port: int, seconds: float | None) -> int:
    smoke = Smoke(ordinary(SMOKY))
    with closing(CutLine(port)) as line:
        urls = {CUT_SITE: f"http://127.0.0.1:{line.port}"}
        plan = small_district(period_ms=PERIOD_MS)
        areas = made_up_zip()
        with District(plan, folder, scenarios=air(smoke), fleet_port=port, fleet_urls=urls, areas=areas, news=say) as district:
            say("starting the fleet service with a made-up district, two sites with a broker and a gateway each, and four nodes …")
            district.start()
            api = district.fleet.api
            district.fleet.api = AdminApi(api.url, api.token, ANSWER_WITHIN_S)
            api.put(f"gateways/{ALARM_GATEWAY}/configuration", {"rules": [RULE], "reason": "the demo shows an alarm"})
            _greet(district, folder, seconds)
            acts: list[Act] = [
                ChangeOfSetting(district, say),
                SmokeAtTheRiver(district, smoke, folder / greeting.SMOKE_SWITCH, say),
                CutOfTheLine(district, line, folder / greeting.CUT_SWITCH, say),
                VisitorsSettings(district, line, say),
            ]
            watcher, keeper = Watcher(district, acts, seconds, say), Keeper(_programs(district), say)
            for elapsed_s in _seconds(seconds):
                keeper.look()
                watcher.look(elapsed_s)
            return _conclude(watcher)


def _greet(district: District, folder: Path, seconds: float | None) -> None:
    ports = [district.fleet.port, *(gateway.web_port for gateway in district.gateways.values())]
    by_ssh = tunnel(os.environ.get("SSH_CONNECTION", ""), getpass.getuser(), ports)
    for text in greeting.lines(district, folder, by_ssh):
        console.print(text)
    console.print(f"\n  {'Ends by itself after ' + format(seconds, 'g') + ' s.' if seconds else 'Ctrl-C ends it.'}\n")


def _programs(district: District) -> dict[str, Program]:
    found = {"the fleet service": district.fleet.program}
    for gateway in district.gateways.values():
        found |= {gateway.name: gateway.program, f"the broker of {gateway.name}": gateway.broker.program}
    return found


def _seconds(limit: float | None) -> Iterator[float]:
    started = time.monotonic()
    while limit is None or time.monotonic() - started < limit:
        yield time.monotonic() - started
        time.sleep(LOOK_EVERY_S)


def _conclude(watcher: Watcher) -> int:
    faults = patient_verdict(watcher, VERDICT_WITHIN_S)
    for fault in faults:
        say(f"[red]{fault}[/red]")
    if not faults:
        say("[green]the reports of every node are in the record, and all that was begun has ended as it should[/green]")
    return 1 if faults else 0


def _stop(number: int, frame: FrameType | None) -> None:
    raise StopRequestedError


def _page_port() -> int:
    if not accepts_connections(PAGE_PORT):
        return PAGE_PORT
    port = free_port()
    say(f"port {PAGE_PORT} is taken by another program on this machine: the page is on port {port}")
    return port


def main() -> int:
    try:
        seconds = wished_seconds(os.environ.get("DEMO_SECONDS", ""))
    except ValueError:
        console.print(f"DEMO_SECONDS={os.environ['DEMO_SECONDS']}: must be a number of seconds, at least {LEAST_SECONDS}")
        return 2
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    folder = Path(tempfile.mkdtemp(prefix="airgrid-demo-"))
    code = 1
    try:
        code = run(folder, _page_port(), seconds)
    except StopRequestedError:
        say("stopped")
        code = 0 if seconds is None else 1
    except (OSError, RuntimeError, ApiError, subprocess.CalledProcessError) as error:
        # While everything is being started; later nothing of this ends it.
        say(f"[red]it could not be started:[/red] {error}")
    if code == 0:
        shutil.rmtree(folder)
    else:
        say(f"logs and state are kept in {folder}")
    return code


if __name__ == "__main__":
    sys.exit(main())
