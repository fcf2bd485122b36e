# From settings to drivers: a port for each UART part, one bus for the transmitters of a port.

from contract import settings
from contract.faults import Fault
from contract.parts import UART_PARTS
from contract.shipped_profiles import PROFILES
from firmware.tests.line import Line
from firmware.tests.virtual_parts import Scripted
from node import parts
from node.drivers.modbus_rtu import ModbusBus
from node.drivers.plantower import Plantower
from node.errors import WiringError
from node.sampler import Sampler

SENSORS = settings.with_defaults(
    {
        "sensors": [
            {"slot": 0, "part": "pms5003", "port": 0},
            {"slot": 1, "part": "jxct_tvoc", "port": 1, "address": 1},
            {"slot": 2, "part": "xy_md02", "port": 1, "address": 2},
            {"slot": 3, "part": "renke_rs_ws", "port": 2},
        ]
    }
)["sensors"]


class Ports:
    def __init__(self):
        self.opened = []

    def __call__(self, number: int, line: tuple) -> Line:
        self.opened.append((number, line))
        return Line(Scripted([]))


def test_transmitters_of_a_port_share_a_bus_and_a_uart_part_has_its_own() -> None:
    ports = Ports()
    sampler = Sampler(parts.channels(SENSORS), lambda: 0)
    drivers = parts.build(SENSORS, ports, sampler, lambda: 0)
    assert [type(driver) for driver in drivers] == [Plantower, ModbusBus, ModbusBus]
    assert sorted(ports.opened) == [(0, (9600, 8, "N", 1)), (1, (9600, 8, "N", 1)), (2, (4800, 8, "N", 1))]
    assert [row[:2] for driver in drivers for row in driver.identity()] == [[s["slot"], s["part"]] for s in SENSORS]


def test_the_channels_of_the_settings_are_those_of_the_drivers() -> None:
    announced = parts.channels(SENSORS)
    drivers = parts.build(SENSORS, Ports(), Sampler(announced, lambda: 0), lambda: 0)
    assert sorted(announced) == sorted(channel for driver in drivers for channel in driver.channels)


def test_every_part_that_settings_allow_can_be_built() -> None:
    for part in tuple(UART_PARTS) + tuple(PROFILES):
        sensors = settings.with_defaults({"sensors": [{"slot": 5, "part": part, "port": 0}]})["sensors"]
        [driver] = parts.build(sensors, Ports(), Sampler(parts.channels(sensors), lambda: 0), lambda: 0)
        assert {slot for slot, _ in driver.channels} == {5}


def refusal(sensors: list, open_port) -> WiringError:
    try:
        parts.build(sensors, open_port, None, lambda: 0)
    except WiringError as error:
        return error
    raise AssertionError("was built")


def test_a_part_without_a_driver_is_refused_by_name() -> None:
    error = refusal([{"slot": 3, "part": "sps31", "port": 0}], Ports())
    assert (error.slot, "sps31" in error.reason) == (3, True)


def test_a_port_that_the_board_does_not_have_is_refused_by_number() -> None:
    for sensor in (SENSORS[0], SENSORS[3]):
        error = refusal([sensor], lambda number, line: {}[number])
        assert (error.slot, error.reason) == (sensor["slot"], "the board has no port %d" % sensor["port"])


def test_a_port_that_the_board_lacks_is_a_fault_with_its_path() -> None:
    assert parts.faults(SENSORS, {0: {}, 1: {}}) == [Fault(("sensors", 3, "port"), "one of the board's ports: 0, 1", 2)]
    assert parts.faults(SENSORS, {0: {}, 1: {}, 2: {}}) == []
