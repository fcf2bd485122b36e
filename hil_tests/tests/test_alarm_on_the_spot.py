"""From dust before a real sensor's optics to the siren of the site and the record of the district: the rule comes from the fleet,
is judged at the gateway, and ends by itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from hil_tests.district import District
from hil_tests.plan import EAST_GATE, one_node
from hil_tests.processes import wait_until
from hil_tests.sensors.scenario import Scenario, Steady

pytestmark = pytest.mark.hil

NODE, GATEWAY = "east-1", f"gw-{EAST_GATE.id}"
CLEAN, DUSTY = 20.0, 300.0
RULE = {
    "id": "dust", "version": 1, "kind": "level", "quantity": "pm2_5_atm", "slot": 0, "raise": 150, "clear": 75, "window_s": 10,
    "least_share": 50, "outputs": [{"output": "siren"}],
}  # fmt: skip


class Air:
    """As dusty as the test says."""

    def __init__(self) -> None:
        self.level = CLEAN

    def at(self, t_ms: float) -> float:
        return self.level


@pytest.fixture
def air() -> Air:
    return Air()


@pytest.fixture
def district(tmp_path_factory: pytest.TempPathFactory, air: Air) -> Iterator[District]:
    scenario = Scenario({"pm1_atm": Steady(10.0), "pm2_5_atm": air, "pm10_atm": Steady(400.0)})
    with District(one_node(period_ms=2000), tmp_path_factory.mktemp("alarm"), scenario=scenario, rate=4) as made:
        made.start()
        made.wait_for_items(20, within_s=60)
        yield made


def alarms(district: District) -> list[dict[str, Any]]:
    return [item["body"]["a"] for item in district.items(GATEWAY) if item["body"].get("k") == "alarm"]


def is_kept(district: District) -> bool:
    """Whether the gateway runs on what it was given last, and says so."""
    shown = district.fleet.api.get(f"gateways/{GATEWAY}/configuration")
    told = shown["reported"]
    return bool(told and told["state"] == "kept" and told["version"] >= shown["version"])


def test_dust_raises_the_siren_and_the_record_and_clean_air_ends_both(district: District, air: Air) -> None:
    gateway = district.gateways[EAST_GATE.id]
    district.fleet.api.put(f"gateways/{GATEWAY}/configuration", {"rules": [RULE], "reason": "dust episode"})
    wait_until(lambda: is_kept(district), within_s=90, what="the rule kept")
    assert not gateway.siren_is_on()
    air.level = DUSTY
    wait_until(gateway.siren_is_on, within_s=60, what="the siren on")
    wait_until(lambda: [alarm["phase"] for alarm in alarms(district)] == ["raise"], within_s=30, what="the raise in the record")
    wait_until(lambda: [alarm["rule"] for alarm in gateway.status()["alarms"]] == ["dust"], within_s=30, what="the alarm in the status")
    air.level = CLEAN
    wait_until(lambda: not gateway.siren_is_on(), within_s=60, what="the siren off")
    wait_until(lambda: [alarm["phase"] for alarm in alarms(district)] == ["raise", "clear"], within_s=30, what="the clear in the record")
    raised, _ = alarms(district)
    assert (raised["node"], raised["quantity"]) == (NODE, "pm2_5_atm")
    assert raised["value"] > raised["limit"]
