"""One site: a real broker and the real gateway process beside it, enrolled by a one-time code as a technician does it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hil_tests.broker import Broker
from hil_tests.processes import Program, free_port
from hil_tests.sensors.clock import BenchClock
from hil_tests.wall_clock import environment

_COMMAND = str(Path(sys.executable).with_name("airgrid-gateway"))

# Of the local page of every site on the bench.
PIN = "246810"
_CONFIGURATION = """[gateway]
state = "{state}"
clock_error_ms = {clock_error_ms}
clock = "system"

[fleet]
url = "{fleet_url}"

[mqtt]
host = "127.0.0.1"
port = {mqtt_port}

[web]
port = {web_port}
pin = "{pin}"

# On the bench one node of numbers speaks for a whole site.
[limits]
node_messages_per_s = 100000
node_burst_messages = 1000000
queue_share_percent = 100

# The last section: a bench may add outputs of its own behind it.
[outputs]
siren = "file:{siren}"
"""


class SiteGateway:
    def __init__(self, name: str, folder: Path, fleet_url: str, clock: BenchClock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.broker = Broker(folder)
        self.web_port = free_port()
        self.state = folder / "state"
        self.siren = folder / "siren"
        self.configuration = folder / "gateway.toml"
        # Programs of a bench that runs fast start a few real milliseconds apart, each of which counts `rate` times.
        error_ms = round(50 * clock.rate)
        own = {"state": self.state, "siren": self.siren, "web_port": self.web_port, "pin": PIN}
        text = _CONFIGURATION.format(**own, clock_error_ms=error_ms, fleet_url=fleet_url, mqtt_port=self.broker.port)
        self.configuration.write_text(text)
        command = [_COMMAND, "run", "--config", str(self.configuration)]
        self.program = Program("airgrid-gateway", command, folder / "gateway.log", lambda: environment(clock))

    def enrol(self, code: str) -> None:
        self._run("enrol", "--config", str(self.configuration), "--code", code)

    def start(self) -> None:
        self.broker.start()
        self.program.start()

    def stop(self) -> None:
        self.program.stop()
        self.broker.program.stop()

    def siren_is_on(self) -> bool:
        return self.siren.exists() and self.siren.read_text() == "1\n"

    def knows_its_nodes(self) -> bool:
        """Whether it has the fleet's word on who its nodes are."""
        return self.status()["desired_version"] is not None

    def status(self) -> dict[str, Any]:
        """What `airgrid-gateway status --json` shows; works while the gateway runs and when it does not."""
        shown: dict[str, Any] = json.loads(self._run("status", "--config", str(self.configuration), "--json"))
        return shown

    def _run(self, *arguments: str) -> str:
        return subprocess.run([_COMMAND, *arguments], check=True, capture_output=True, text=True).stdout
