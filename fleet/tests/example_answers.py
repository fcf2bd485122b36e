"""What a new service answers to the examples of /docs, pasted into a shell in the order of the page. Written to where the page has them:
python -m fleet.tests.example_answers
"""

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from contract.site import device_api
from fleet import state_folder
from fleet.pages import api_reference, docs
from fleet.pages.api_reference import EXAMPLES, Route
from fleet.tests.district import START_MS, event, report
from fleet.tests.live import LiveFleet

FILE = Path(docs.__file__).with_name(docs.ANSWERS)
# What another run gives differently: never shown as it was.
SECRETS = {"enrolment_code": EXAMPLES["enrolment_code"], "key": "5f" * 32, "token": "aga_" + "5f" * 16}
# Longer ones are shown in part only: a sample.
MAX_CHARACTERS = 4000
_MARK = "\nstatus "
_STATUS = _MARK + "%{http_code}\n"
# Whose answers depend on how far the background is: a sample is shown.
_OF_A_MOMENT = ("/api/v1/jobs", "/api/v1/background")
_LAST_CHANGE_OF_NODES = "POST /api/v1/nodes/{node}/hardware"
PM2_5_ATM = 6


class Pasted:
    """Of every example: the statuses of its commands, and the answer of the last one. Never those of the device API, but for what a gateway
    says meanwhile, so that there are readings."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._environment = {**os.environ, "TOKEN": token, "FLEET": url}
        self.statuses: dict[str, list[int]] = {}
        self.answers: dict[str, Any] = {}

    def paste(self, route: Route) -> None:
        name = f"{route.method} {route.path}"
        commands = route.curl.replace("curl -sS", f"curl -sS -w '{_STATUS}'")
        done = subprocess.run(["sh", "-c", commands], cwd=self._folder, env=self._environment, capture_output=True, text=True, check=True)
        *_, answer, _ = "\n".join(["", done.stdout]).split(_MARK)
        self.statuses[name] = [int(status) for status in re.findall(rf"^{_MARK[1:]}(\d+)$", done.stdout, re.MULTILINE)]
        shown = shortened(json.loads(answer[answer.index("\n") + 1 :])) if _is_json(answer) else None
        of_a_moment = route.path.startswith(_OF_A_MOMENT)
        if shown is not None and not of_a_moment and len(json.dumps(shown)) <= MAX_CHARACTERS:
            self.answers[name] = shown
        if name == _LAST_CHANGE_OF_NODES:
            self._report()

    def _report(self) -> None:
        admin = {"Authorization": f"Bearer {self._environment['TOKEN']}"}
        with httpx.Client(base_url=self._url, headers=admin) as http:
            code = http.post("/api/v1/gateways/gw-west/enrolment").json()["enrolment_code"]
            token = http.post(device_api.PREFIX + device_api.ENROL, json={"code": code}).json()["token"]
            gateway = {"Authorization": f"Bearer {token}"}
            # So long ago that all of them are within the hour that a series shows when nothing is asked for.
            ago_ms = START_MS - time.time_ns() // 1_000_000 + 10_000
            lines = [{"at_ms": START_MS - ago_ms, "level": "warning", "text": "the broker was away for 4 s"}]
            for path, body in ((device_api.INGEST, {"items": _items(ago_ms)}), (device_api.LOGS, {"lines": lines})):
                http.post(device_api.PREFIX + path, json=body, headers=gateway).raise_for_status()


def _items(ago_ms: int) -> list[dict[str, Any]]:
    node, boot, since_ms = EXAMPLES["node"], EXAMPLES["boot"], START_MS - ago_ms
    alarm = {
        "rule": EXAMPLES["rule"], "version": 1, "phase": "raise", "since_ms": since_ms, "severity": EXAMPLES["severity"], "node": node,
        "slot": 0, "quantity": EXAMPLES["quantity"], "value": 15420, "limit": 15000, "scale": 100, "unit": "ug/m3", "window_ms": 60_000,
        "at_ms": since_ms, "share": 100, "n": 60, "extrapolated": 0, "calibrations": [],
    }  # fmt: skip
    items = [report(seq, [[0, PM2_5_ATM, 0, 10, 1234, 1200, 1300]], s=seq * 100, d=100, node=node, boot=boot) for seq in range(3)]
    items.append(event(3, "alarm", alarm, node="gw-west", boot=boot))
    for one in items:
        one["arrived_ms"] -= ago_ms
        one["time"]["start_ms"] -= ago_ms
    return items


def _is_json(answer: str) -> bool:
    # One document; a line each of many is shown as little as CSV is.
    return answer[answer.index("\n") + 1 :].startswith(("{", "[")) and "}\n{" not in answer


def shortened(answer: dict[str, Any]) -> dict[str, Any]:
    """With two entries of what can be long, and without secrets."""
    items = {key: answer[key][:2] for key in ("items", "changes") if isinstance(answer.get(key), list)}
    hidden = {key: secret for key, secret in SECRETS.items() if key in answer}
    return {**answer, **items, **hidden}


def pasted(fleet: LiveFleet, folder: Path) -> Pasted:
    """folder: where the commands run."""
    made = Pasted(fleet.url, fleet.command("token", "create", "anna").split()[-1], folder)
    description = httpx.get(f"{fleet.url}/openapi.json").json()
    for group in api_reference.groups(description, {}).values():
        for route in group:
            if not route.path.startswith("/device"):
                made.paste(route)
    return made


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        state_folder.prepare(Path(folder) / "state")
        fleet = LiveFleet(Path(folder) / "state")
        fleet.start()
        try:
            answers = pasted(fleet, Path(folder)).answers
        finally:
            fleet.kill()
    FILE.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
