"""A setting changed through the API arrives, is applied and is reported as applied; an impossible one never leaves the API."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from hil_tests.admin_api import ApiError
from hil_tests.district import District
from hil_tests.plan import one_node
from hil_tests.processes import wait_until

pytestmark = pytest.mark.hil

NODE = "east-1"


def change(district: District, **settings: int) -> int:
    api = district.fleet.api
    whole = {**api.get(f"nodes/{NODE}/settings")["desired"]["settings"], **settings}
    return int(api.put(f"nodes/{NODE}/settings", {"settings": whole, "reason": "test"})["version"])


def shown(district: District) -> dict[str, Any]:
    answer: dict[str, Any] = district.fleet.api.get(f"nodes/{NODE}/settings")
    return answer


def confirmed(district: District, version: int) -> bool:
    answer = shown(district)
    reported = (answer["reported"]["version"], answer["reported"]["ok"])
    return answer["state"] == "confirmed" and reported == (version, True)


def test_a_change_is_confirmed_within_five_seconds_and_after_the_gateway_was_off(district: Callable[..., District]) -> None:
    made = district(one_node(period_ms=2000))
    made.wait_for_items(4, within_s=60)

    version = change(made, period_ms=1000)
    asked = time.monotonic()
    wait_until(lambda: confirmed(made, version), within_s=5, what="confirmation within 5 s")
    assert time.monotonic() - asked < 5
    wait_until(lambda: made.reports(NODE)[-1]["body"]["d"] == 1000, within_s=15, what="reports of the new period")
    assert made.reports(NODE)[-1]["body"]["c"] == version

    gateway = made.gateways["east-gate"]
    gateway.program.stop()
    version = change(made, period_ms=3000)
    assert shown(made)["state"] == "pending"
    gateway.program.start()
    wait_until(lambda: confirmed(made, version), within_s=60, what="confirmation after the gateway's return")
    wait_until(lambda: made.reports(NODE)[-1]["body"]["d"] == 3000, within_s=15, what="reports of the new period")

    before = shown(made)
    with pytest.raises(ApiError) as refused:
        change(made, period_ms=5, keepalive_s=100_000)
    assert refused.value.status == 422
    assert {fault["path"] for fault in refused.value.problem["faults"]} == {"settings.period_ms", "settings.keepalive_s"}
    assert shown(made)["desired"] == before["desired"]


def test_settings_survive_a_power_cut(district: Callable[..., District]) -> None:
    made = district(one_node(period_ms=2000))
    made.wait_for_items(3, within_s=60)
    version = change(made, period_ms=1000)
    wait_until(lambda: confirmed(made, version), within_s=10, what="confirmation")
    board = made.nodes[NODE].board
    board.cut_power()
    board.power_on()
    wait_until(lambda: len(made.ledger(NODE)) == 2, within_s=30, what="the second boot in the ledger", every_s=0.2)
    first = next(item for item in made.items(NODE) if item["boot"] == made.ledger(NODE)[1]["boot"])
    assert first["kind"] == "hello" and first["body"]["c"] == version and first["body"]["rc"] == "power_on"
