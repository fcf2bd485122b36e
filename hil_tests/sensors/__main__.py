"""A virtual sensor on a pseudo-terminal, for trying a board's code or a terminal on it:

python -m hil_tests.sensors pms5003 --scenario daily
"""

import argparse
import os
import pty
import signal
import sys
import threading
from collections.abc import Callable

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.host import SensorHost
from hil_tests.sensors.line import Device
from hil_tests.sensors.modbus_models import MODELS
from hil_tests.sensors.modbus_slaves import ModbusSlave, ModbusSlaves
from hil_tests.sensors.scenario import Scenario, daily, episode, steady
from hil_tests.sensors.uart_parts import UART_DEVICES

SCENARIOS: dict[str, Callable[[int], Scenario]] = {"steady": lambda now_ms: steady(), "daily": lambda now_ms: daily(), "episode": episode}


def part(name: str, scenario: Scenario) -> Device:
    return UART_DEVICES[name](scenario) if name in UART_DEVICES else ModbusSlaves([ModbusSlave(name, scenario)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hil_tests.sensors", description="a virtual sensor on a pseudo-terminal")
    parser.add_argument("part", choices=(*UART_DEVICES, *MODELS))
    parser.add_argument("--scenario", choices=SCENARIOS, default="steady")
    parser.add_argument("--noise", type=float, default=0.0, help="share of the sensor's bytes to garble, 0 to 1")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    faults = Faults(arguments.seed)
    if arguments.noise:
        faults.on("garble", arguments.noise)
    ended = threading.Event()
    signal.signal(signal.SIGINT, lambda number, frame: ended.set())
    master, board_end = pty.openpty()
    with SensorHost() as host:
        host.attach(master, part(arguments.part, SCENARIOS[arguments.scenario](host.clock.now_ms())), faults)
        sys.stdout.write(f"{os.ttyname(board_end)}\n")
        sys.stdout.flush()
        ended.wait()
        sys.stdout.write(f"{faults}\n")


if __name__ == "__main__":
    main()
