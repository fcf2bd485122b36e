"""A fleet service that is stopped answers who waits, and ends without a fault in its log."""

import http.client
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.fleet_service import FleetService
from hil_tests.plan import EAST_GATE
from hil_tests.sensors.clock import BenchClock

pytestmark = pytest.mark.hil

GATEWAY = "gw-1"


def test_a_stop_answers_long_polls_at_once(tmp_path: Path) -> None:
    fleet = FleetService(tmp_path, BenchClock(1))
    fleet.prepare()
    fleet.start()
    try:
        fleet.api.post("sites", asdict(EAST_GATE))
        code = fleet.api.post("gateways", {"id": GATEWAY, "site": EAST_GATE.id})["enrolment_code"]
        poll = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=60)
        poll.request("POST", device_api.PREFIX + device_api.ENROL, json.dumps({"code": code}), {"Content-Type": "application/json"})
        token = json.loads(poll.getresponse().read())[keys.TOKEN]
        query = f"?{device_api.HAVE}=1&{device_api.WAIT}={device_api.MAX_WAIT_S}"
        poll.request("GET", device_api.PREFIX + device_api.DESIRED + query, headers={"Authorization": f"Bearer {token}"})
        # Its answer comes after the question that waits has been read.
        fleet.api.get(f"gateways/{GATEWAY}")
        fleet.program.stop()
        assert poll.getresponse().status == 304
    finally:
        fleet.program.stop()
    assert not [line for line in fleet.program.log.read_text().splitlines() if "Traceback" in line or "running task" in line]
