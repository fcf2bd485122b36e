"""A fleet service as its own process, on a free port, that a test may kill at any moment; and who speaks to it."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from contract.site import device_api

START_S = 60
_ROOT = Path(__file__).parents[2]


class LiveFleet:
    """`url` is known once it serves. options: of its environment. log: what it has written so far.

    A port is kept over restarts, so that a client may go on where it was."""

    def __init__(self, state: Path, db: str | None = None, options: Mapping[str, str] = MappingProxyType({})) -> None:
        self._arguments = ["--state", str(state), *(["--db", db] if db else [])]
        self._environment = {**os.environ, **options}
        self.log = ""
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.url = ""

    def command(self, *arguments: str) -> str:
        """What another command of airgrid-fleet prints."""
        done = subprocess.run(
            fleet_command(*arguments, *self._arguments), check=True, capture_output=True, text=True, timeout=START_S, cwd=_ROOT
        )
        return done.stdout.strip()

    def start(self) -> None:
        served = threading.Event()
        command = fleet_command("run", "--port", str(self._port), *self._arguments)
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=_ROOT, env=self._environment
        )
        threading.Thread(target=self._watch, args=(self._process, served), daemon=True).start()
        assert served.wait(START_S), "the service did not start"

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> int:
        """The exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def _watch(self, process: subprocess.Popen[str], served: threading.Event) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.log += line
            match = re.search(r"running on (http://[\d.]+:(\d+))", line)
            if match:
                self.url, self._port = match[1], int(match[2])
                served.set()


def fleet_command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from fleet.cli import main; main()", *arguments]


class Client:
    """An administrator and the gateway g-1, speaking to a running service."""

    def __init__(self, url: str, admin_token: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)
        self.admin = {"Authorization": f"Bearer {admin_token}"}
        self.gateway: dict[str, str] = {}

    def set_up(self) -> None:
        self.post("sites", {"id": "s-1", "name": "Bridge", "latitude": 1.0, "longitude": 2.0})
        code = self.post("gateways", {"id": "g-1", "site": "s-1"})["enrolment_code"]
        token = self._http.post(device_api.PREFIX + device_api.ENROL, json={"code": code}).json()["token"]
        self.gateway = {"Authorization": f"Bearer {token}"}
        self.post("nodes", {"id": "n-1", "gateway": "g-1", "site": "s-1"})

    def post(self, path: str, body: Any) -> Any:
        return self._http.post(f"/api/v1/{path}", json=body, headers=self.admin).raise_for_status().json()

    def get(self, path: str, **query: Any) -> Any:
        return self._http.get(f"/api/v1/{path}", params=query, headers=self.admin).raise_for_status().json()

    def set_period(self, period_ms: int, url: str) -> None:
        body = {"settings": {"period_ms": period_ms}, "reason": "test"}
        self._http.put(f"{url}/api/v1/nodes/n-1/settings", json=body, headers=self.admin).raise_for_status()

    def ingest(self, items: list[dict[str, Any]]) -> list[str]:
        answer = (
            self._http.post(device_api.PREFIX + device_api.INGEST, json={"items": items}, headers=self.gateway).raise_for_status().json()
        )
        return [result["status"] for result in answer["results"]]

    def delete(self, path: str) -> None:
        self._http.delete(f"/api/v1/{path}", headers=self.admin).raise_for_status()

    def upload(self, content: bytes) -> str:
        """Its SHA-256."""
        answer = self._http.post("/api/v1/artifacts", params={"name": "x"}, content=content, headers=self.admin)
        return str(answer.raise_for_status().json()["sha256"])

    def desired(self, have: int, wait: int = 0) -> httpx.Response:
        return self._http.get(device_api.PREFIX + device_api.DESIRED, params={"have": have, "wait": wait}, headers=self.gateway)
