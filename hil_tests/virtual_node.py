"""One node of the bench: a virtual board with the real firmware, and virtual sensors on its lines."""

import json
from collections.abc import Mapping
from typing import Any

from hil_tests.board.board import VirtualBoard
from hil_tests.plan import NodePlan
from hil_tests.sensors.faults import Faults
from hil_tests.sensors.host import Port, SensorHost
from hil_tests.sensors.line import Device
from hil_tests.sensors.modbus_slaves import ModbusSlave, ModbusSlaves
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.uart_parts import UART_DEVICES, UartPart
from technician.build import flash_files

Part = UartPart | ModbusSlave
Air = Scenario | Mapping[int, Scenario]


class VirtualNode:
    """`scenario`: the air of all its sensors, or of each slot. `parts` are the sensors by slot; `faults` what each line does to bytes, to
    the board and from it, by port."""

    def __init__(
        self, plan: NodePlan, board: VirtualBoard, host: SensorHost, scenario: Scenario | Mapping[int, Scenario], seed: int
    ) -> None:
        self.plan = plan
        self.board = board
        self.parts: dict[int, Part] = {}
        self.faults: dict[int, tuple[Faults, Faults]] = {}
        self.lines: dict[int, Port] = {}
        self._host = host
        self._scenario = scenario
        self._seed = seed

    def flash(self, key: str, broker_port: int) -> None:
        """As the technician's tool does it: the application, and who the node is."""
        identity: dict[str, Any] = {
            "node": self.plan.node,
            "key": key,
            "broker": {"host": "127.0.0.1", "port": broker_port, "user": "", "password": ""},
            "wifi": {"ssid": "bench", "password": "bench-bench"},
            "settings": self.plan.as_shipped(),
        }
        self.board.flash({**flash_files("virtual"), "/identity.json": json.dumps(identity).encode()})

    def connect_sensors(self) -> None:
        """Puts the planned parts on the lines; transmitters of one port share it."""
        for port in sorted({sensor.port for sensor in self.plan.sensors}):
            device = self._device(port)
            self.faults[port] = (Faults(self._seed + port), Faults(self._seed + 100 + port))
            self.lines[port] = self._host.attach(self.board.uart_master_fd(port), device, *self.faults[port])

    def _device(self, port: int) -> Device:
        planned = [sensor for sensor in self.plan.sensors if sensor.port == port]
        if planned[0].part in UART_DEVICES:
            part = UART_DEVICES[planned[0].part](self._air(planned[0].slot))
            self.parts[planned[0].slot] = part
            return part
        slaves = []
        for sensor in planned:
            slave = ModbusSlave(sensor.part, self._air(sensor.slot), address=sensor.address)
            self.parts[sensor.slot] = slave
            slaves.append(slave)
        return ModbusSlaves(slaves)

    def _air(self, slot: int) -> Scenario:
        return self._scenario if isinstance(self._scenario, Scenario) else self._scenario[slot]

    def power_cycle_sensors(self) -> None:
        for part in self.parts.values():
            part.power(False)
            part.power(True)

    def stop(self) -> None:
        for port in self.lines:
            self._host.detach(self.board.uart_master_fd(port))
        self.lines.clear()
        self.board.stop()
