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
from contract.profiles import ORDERS, whole
from contract.quantities import ID
from contract.shipped_profiles import PROFILES
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
    transmitters = [(0, 2, "xy_md02", 500, whole(PROFILES["xy_md02"])), (1, 3, "jxct_tvoc", 500, whole(PROFILES["jxct_tvoc"]))]
    sampler = Sampler([channel for row in transmitters for channel in modbus_rtu.channels(row[0], row[4])], uptime_ms)
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


KINDS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "u64": ">Q", "s64": ">q", "f32": ">f"}
QUANTITIES = ("tvoc", "pid", "temperature", "humidity", "pressure", "wind_speed", "supply")


def told(kind: str) -> float:
    return 1234.5 if kind == "f32" else -12345 if kind[0] == "s" else 12345


def words(kind: str, order: str) -> list[int]:
    """The registers as a part of this order holds them."""
    found = list(struct.unpack(f">{struct.calcsize(KINDS[kind]) // 2}H", struct.pack(KINDS[kind], told(kind))))
    if order in ("cdab", "dcba"):
        found.reverse()
    return [word >> 8 | (word & 0xFF) << 8 for word in found] if order in ("badc", "dcba") else found


async def test_every_type_in_every_order_is_read_from_a_foreign_slave(terminal: tuple[int, str]) -> None:
    master, name = terminal
    devices, transmitters = [], []
    for slot, order in enumerate(ORDERS):
        held, fields, at = [], [], 100
        for kind, quantity in zip(KINDS, QUANTITIES):
            bounds = {"least": -(2**31) + 1, "greatest": 2**31 - 1, "multiply": 2}
            fields.append({"function": 3, "register": at, "type": kind, "order": order, "quantity": quantity, **bounds})
            held.extend(enumerate(words(kind, order), at))
            at += len(words(kind, order)) + slot  # a gap makes the reads apart for all but the first
        profile = whole({"line": [9600, 8, "N", 1], "settle_ms": 0, "fields": fields})
        transmitters.append((slot, slot + 1, order, 500, profile))
        devices.append(SimDevice(id=slot + 1, simdata=registers(*held)))
    sampler = Sampler([channel for row in transmitters for channel in modbus_rtu.channels(row[0], row[4])], uptime_ms)
    port = Port(PtyUart(master), uptime_ms)
    port.reconfigure((9600, 8, "N", 1))
    bus = modbus_rtu.ModbusBus(port, transmitters, sampler, uptime_ms)
    server = ModbusSerialServer(devices, port=name, baudrate=9600)
    serving = asyncio.create_task(server.serve_forever())
    async with asyncio.timeout(LIMIT_S):
        while any(counters["replies"] < (1 if slot == 0 else len(KINDS)) for slot, counters in bus.statistics()):
            await bus.turn()
    await server.shutdown()
    serving.cancel()
    rows = {(slot, quantity): rest for slot, quantity, *rest in sampler.close()}
    for slot in range(len(ORDERS)):
        for kind, quantity in zip(KINDS, QUANTITIES):
            quality, n, mean, least, greatest = rows[(slot, ID[quantity])]
            assert (quality, mean, least, greatest) == (q.OK, *[int(2 * told(kind))] * 3), (ORDERS[slot], kind)
            assert n >= 1
