"""A transmitter that no firmware knows is read after its profile came as a setting: nothing is flashed."""

from collections.abc import Callable

import pytest

from contract.quality import OK
from contract.quantities import ID
from hil_tests.district import District
from hil_tests.plan import EAST_GATE, DistrictPlan, NodePlan, SensorPlan
from hil_tests.processes import wait_until
from hil_tests.sensors.scenario import steady

pytestmark = pytest.mark.hil

NODE = "east-1"
MAKER = SensorPlan(1, "unknown_maker", 1, address=1)
PROFILE = {
    "line": [19200, 8, "N", 1],
    "settle_ms": 2000,
    "source": "the maker's paper, page 7",
    "fields": [
        {"function": 4, "register": 0x100, "type": "f32", "order": "cdab", "quantity": "tvoc", "multiply": 10},
        {"function": 4, "register": 0x102, "type": "f32", "order": "cdab", "quantity": "temperature", "multiply": 100},
    ],
}


class Unlisted(NodePlan):
    """The part is wired, and not yet in the settings that the node is shipped with."""

    def as_shipped(self) -> dict[str, object]:
        return {**self.settings, "sensors": []}


def test_a_profile_in_the_settings_brings_values_of_a_new_transmitter(district: Callable[..., District]) -> None:
    plan = DistrictPlan((EAST_GATE,), (Unlisted(NODE, EAST_GATE.id, (MAKER,), {"period_ms": 1000}),))
    made = district(plan, scenario=steady(tvoc=312.5, temperature=-10.25), rate=4)
    made.wait_for_items(3, within_s=60)
    assert made.reports(NODE)[-1]["body"]["ch"] == []

    sensors = [{"slot": 1, "part": "unknown_maker", "port": 1, "poll_ms": 500}]
    settings = {"period_ms": 1000, "profiles": {"unknown_maker": PROFILE}, "sensors": sensors}
    made.fleet.api.put(f"nodes/{NODE}/settings", {"settings": settings, "reason": "a new transmitter"})

    def read() -> bool:
        rows = {row[1]: row[2:] for row in made.reports(NODE)[-1]["body"]["ch"]}
        return rows.keys() == {ID["tvoc"], ID["temperature"]} and all(row[0] == OK for row in rows.values())

    wait_until(read, within_s=30, what="values of the new transmitter", every_s=0.2)
    rows = {row[1]: row[4] for row in made.reports(NODE)[-1]["body"]["ch"]}
    assert rows == {ID["tvoc"]: 3125, ID["temperature"]: -1025}
