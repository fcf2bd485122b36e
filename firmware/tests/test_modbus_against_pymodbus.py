"""The Modbus master against a slave that nobody here wrote, over a pseudo-terminal and in real time."""

import asyncio
import fcntl
import os
import struct
import termios
import tty
from collections.abc import Iterator

import pytest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from contract import quality as q
from contract.quantities import ID
from node.clock import uptime_ms
from node.drivers import modbus_rtu
from node.port import Port
from node.sampler import Sampler

LIMIT_S = 20


class PtyUart:
    """machine.UART, as far as Port uses it, over a file descriptor."""

    def __init__(self, fd: int):
        self._fd = fd

    def init(self, **line: object) -> None:
        pass  # a pseudo-terminal has no baud rate

    def any(self) -> int:
        return int(struct.unpack("i", fcntl.ioctl(self._fd, termios.FIONREAD, bytes(4)))[0])

    def readinto(self, view: memoryview) -> int:
        return os.readv(self._fd, [view])

    def write(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def flush(self) -> None:
        termios.tcdrain(self._fd)


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(slave)
    os.close(master)


def registers(*pairs: tuple[int, int]) -> list[SimData]:
    return [SimData(address, values=value, datatype=DataType.REGISTERS) for address, value in pairs]


async def test_values_and_exceptions_of_a_foreign_slave_are_understood(terminal: tuple[int, str]) -> None:
    master, name = terminal
    devices = [
        SimDevice(id=2, simdata=registers((1, 0xFF9B), (2, 658))),
        SimDevice(id=3, simdata=registers((5, 1))),  # has no register 6: answers with an exception
    ]
    transmitters = [(0, 2, "xy_md02", 500), (1, 3, "jxct_tvoc", 500)]
    sampler = Sampler([channel for slot, _, part, _ in transmitters for channel in modbus_rtu.channels(slot, part)], uptime_ms)
    port = Port(PtyUart(master), uptime_ms)
    port.reconfigure((9600, 8, "N", 1))
    bus = modbus_rtu.ModbusBus(port, transmitters, sampler, uptime_ms)
    server = ModbusSerialServer(devices, port=name, baudrate=9600)
    serving = asyncio.create_task(server.serve_forever())
    async with asyncio.timeout(LIMIT_S):
        # xy_md02 settles in a second; each of its reads must arrive from then on.
        while bus.counters["frames"] < 5 or bus.counters["exceptions"] < 2:
            await bus.turn()
    await server.shutdown()
    serving.cancel()
    rows = {(slot, quantity): rest for slot, quantity, *rest in sampler.close()}
    assert rows[(0, ID["temperature"])][0] == q.OK
    assert rows[(0, ID["temperature"])][2:] == [-1010, -1010, -1010]
    assert rows[(0, ID["humidity"])][2:] == [6580, 6580, 6580]
    assert rows[(1, ID["tvoc"])] == [q.EXCEPTION, 0]
