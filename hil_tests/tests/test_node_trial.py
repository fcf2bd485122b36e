"""New settings are kept when values arrive under them, and return by themselves when none does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.quality import USABLE
from firmware.tests.far_end import sealed
from hil_tests.board.board import VirtualBoard
from hil_tests.district import District
from hil_tests.mqtt.broker import ScriptedBroker
from hil_tests.plan import one_node
from hil_tests.processes import wait_until
from hil_tests.scripted_gateway import PlayedGateway
from hil_tests.tests.test_node_on_virtual_board import SETTINGS, identity
from technician.build import flash_files

pytestmark = pytest.mark.hil

NODE = "east-1"
# The shortest trial is 30 s of the node.
RATE = 4


def change(district: District, removes: tuple[str, ...] = (), **settings: Any) -> int:
    api = district.fleet.api
    whole = {**api.get(f"nodes/{NODE}/settings")["desired"]["settings"], **settings}
    return int(api.put(f"nodes/{NODE}/settings", {"settings": whole, "reason": "test", "removes": removes})["version"])


def state(district: District) -> str:
    return str(district.fleet.api.get(f"nodes/{NODE}/settings")["state"])


def reported(district: District, key: str) -> list[dict[str, Any]]:
    events = [item["body"] for item in district.items(NODE) if item["kind"] == "event"]
    return [body["a"] for body in events if body["k"] == key]


def last_report(district: District) -> dict[str, Any]:
    body: dict[str, Any] = district.reports(NODE)[-1]["body"]
    return body


def measures(district: District, version: int) -> bool:
    reports = district.reports(NODE)
    return bool(reports) and last_report(district)["c"] == version and any(row[2] in USABLE for row in last_report(district)["ch"])


def test_good_settings_are_kept_and_those_of_a_sensor_that_is_not_there_return_by_themselves(district: Callable[..., District]) -> None:
    made = district(one_node(period_ms=2000), rate=RATE)
    wait_until(
        lambda: any(row[2] in USABLE for row in last_report(made)["ch"]) if made.reports(NODE) else False, within_s=60, what="values"
    )
    board = made.nodes[NODE].board

    good = change(made, period_ms=3000, trial_s=120)
    wait_until(lambda: {"c": good} in reported(made, "settings_kept"), within_s=60, what="settings that are kept")
    assert state(made) == "confirmed"

    bad = change(
        made, ("slot 0 pms5003", "slot 1 jxct_tvoc"), sensors=[{"slot": 4, "part": "xy_md02", "port": 1, "address": 9}], trial_s=30
    )
    wait_until(lambda: last_report(made)["c"] == bad, within_s=30, what="a report under the settings on trial")
    wait_until(lambda: reported(made, "settings_returned") != [], within_s=60, what="settings that return")
    assert reported(made, "settings_returned") == [{"c": bad, "why": "no usable value was reported in 30 s"}]
    wait_until(lambda: state(made) == "refused", within_s=20, what="the fleet hearing of it")
    wait_until(lambda: measures(made, good), within_s=60, what="values under the old settings")
    assert last_report(made)["d"] == 3000

    boots = len(made.ledger(NODE))
    board.cut_power()
    board.power_on()
    wait_until(lambda: len(made.ledger(NODE)) > boots and measures(made, good), within_s=60, what="the old settings after a power cut")

    better = change(made, ("slot 4 xy_md02",), sensors=made.nodes[NODE].plan.as_shipped()["sensors"], trial_s=120)
    wait_until(lambda: {"c": better} in reported(made, "settings_kept"), within_s=60, what="the next settings that are kept")
    assert {row["c"] for row in reported(made, "settings_returned")} == {bad}


def test_a_trial_that_no_start_brings_to_an_end_returns_at_the_fourth_and_says_why(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708", rate=10.0) as board:
        board.flash({**flash_files("virtual"), "/identity.json": identity(broker.port, SETTINGS)})
        board.start()
        gateway = PlayedGateway(broker.next_link().accept(), acknowledges=False)
        gateway.until("report")
        gateway.say("config", sealed("config", {"v": 7, "set": {**SETTINGS, "period_ms": 2000, "trial_s": 3600}}))
        gateway.until("applied")
        for start in range(4):
            board.cut_power()
            board.power_on()
            gateway = PlayedGateway(broker.next_link().accept(), acknowledges=False)
            assert gateway.until("hello")["c"] == (7 if start < 3 else 0)
        told = gateway.until("event", lambda item: item["k"] == "settings_returned")
        assert told["a"] == {"c": 7, "why": "no usable report in 3 starts"}
        assert gateway.until("report", lambda item: item["d"] == 1000)["c"] == 0
    broker.close()
