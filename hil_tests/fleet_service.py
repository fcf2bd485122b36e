"""The real fleet service on a port of the loopback, with its state in a folder of the bench."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.admin_api import AdminApi
from hil_tests.processes import Program, free_port
from hil_tests.sensors.clock import BenchClock
from hil_tests.wall_clock import environment

_COMMAND = str(Path(sys.executable).with_name("airgrid-fleet"))


class FleetService:
    def __init__(self, folder: Path, clock: BenchClock, port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.state = folder / "state"
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = ["run", "--state", str(self.state), "--port", str(self.port)]
        self.program = Program("airgrid-fleet", [_COMMAND, *arguments], folder / "fleet.log", lambda: environment(clock))
        self.api = AdminApi(self.url, "")

    def prepare(self) -> None:
        """What an administrator does once: create the state and a token."""
        self._run("init", "--state", str(self.state))
        token = self._run("token", "create", "bench", "--state", str(self.state)).split()[-1]
        self.api = AdminApi(self.url, token)

    def enrol(self, code: str) -> str:
        """The token of the gateway that has the code."""
        request = urllib.request.Request(self.url + device_api.PREFIX + device_api.ENROL, json.dumps({keys.CODE: code}).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.loads(answer.read())[keys.TOKEN])

    def start(self) -> None:
        self.program.start()
        self.program.wait_for(self.port)

    def _run(self, *arguments: str) -> str:
        return subprocess.run([_COMMAND, *arguments], check=True, capture_output=True, text=True).stdout
