"""What sensors do to a node in the field, seen in the record: a quality code with a time for each fault, the others untouched."""

from collections.abc import Iterator

import pytest

from contract.quantities import ID
from contract.site.qualities import KEYS
from hil_tests.district import District
from hil_tests.plan import EAST_GATE, PMS, DistrictPlan, NodePlan, SensorPlan
from hil_tests.processes import wait_until
from hil_tests.sensors.modbus_slaves import ModbusSlave
from hil_tests.sensors.scenario import Scenario, Steady

pytestmark = pytest.mark.hil

RATE = 5
NODE = "east-1"
PERIOD_MS = 5000
# A PMS5003, and two transmitters that share a bus; the TVOC one shows more than it can.
PARTS = (PMS, SensorPlan(1, "jxct_tvoc", 1, address=7), SensorPlan(2, "xy_md02", 1, address=30))
AIR = {"pm2_5_atm": 0.0, "tvoc": 5000.0, "temperature": -18.4, "humidity": 99.0}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    plan = DistrictPlan((EAST_GATE,), (NodePlan(NODE, EAST_GATE.id, PARTS, {"period_ms": PERIOD_MS}),))
    scenario = Scenario({key: Steady(value) for key, value in AIR.items()})
    with District(plan, tmp_path_factory.mktemp("faults"), rate=RATE, scenario=scenario) as made:
        made.start()
        wait_for(made, {"pm2_5_atm": "ok", "tvoc": "saturated", "temperature": "ok"})
        yield made


def newest(district: District) -> dict[str, list[int]]:
    """Key of a quantity -> its row in the newest report."""
    names = {number: key for key, number in ID.items()}
    return {names[row[1]]: row for row in district.reports(NODE)[-1]["body"]["ch"]}


def wait_for(district: District, qualities: dict[str, str]) -> None:
    def shown() -> bool:
        rows = newest(district) if district.received(NODE) > 1 and district.reports(NODE) else {}
        return all(key in rows and KEYS[rows[key][2]] == quality for key, quality in qualities.items())

    wait_until(shown, within_s=60, what=f"{qualities} in the record", every_s=0.3)


def test_zero_is_data_and_saturation_keeps_its_number(running: District) -> None:
    rows = newest(running)
    assert rows["pm2_5_atm"][4:] == [0, 0, 0]
    assert rows["tvoc"][4:] == [10_000, 10_000, 10_000]
    assert rows["temperature"][4:] == [-1840, -1840, -1840]


def test_a_silent_sensor_is_no_reply_and_returns_after_its_warm_up(running: District) -> None:
    to_board, _ = running.nodes[NODE].faults[0]
    to_board.on("silence")
    wait_for(running, {"pm2_5_atm": "no_reply", "tvoc": "saturated", "temperature": "ok"})
    assert len(newest(running)["pm2_5_atm"]) == 4, "no number without a reading"
    to_board.off("silence")
    wait_for(running, {"pm2_5_atm": "warming_up"})
    wait_for(running, {"pm2_5_atm": "ok"})


def test_a_dead_transmitter_does_not_harm_the_other_on_its_bus(running: District) -> None:
    dead = running.nodes[NODE].parts[1]
    dead.power(False)
    wait_for(running, {"tvoc": "quarantined", "temperature": "ok", "humidity": "ok"})
    assert newest(running)["temperature"][3] >= 3, "the living one is asked as before"
    dead.power(True)
    wait_for(running, {"tvoc": "saturated"})


def test_exceptions_and_garbage_have_their_own_reasons(running: District) -> None:
    meter = running.nodes[NODE].parts[2]
    assert isinstance(meter, ModbusSlave)
    meter.faults.on("exception")
    wait_for(running, {"temperature": "exception", "tvoc": "saturated"})
    meter.faults.off("exception")
    wait_for(running, {"temperature": "ok"})
    to_board, _ = running.nodes[NODE].faults[0]
    to_board.on("wrong_crc")
    wait_for(running, {"pm2_5_atm": "rejected", "temperature": "ok"})
    to_board.off("wrong_crc")
    wait_for(running, {"pm2_5_atm": "ok"})


def test_the_page_and_the_api_say_why_there_is_no_value(running: District) -> None:
    meter = running.nodes[NODE].parts[2]
    meter.power(False)
    wait_for(running, {"temperature": "quarantined"})
    (of_node,) = running.fleet.api.every("latest")
    channel = next(channel for channel in of_node["channels"] if channel["quantity"] == "temperature")
    assert (channel["value"], channel["quality"]) == (None, "quarantined")
    meter.power(True)
    wait_for(running, {"temperature": "ok"})
