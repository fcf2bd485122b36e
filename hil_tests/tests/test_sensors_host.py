"""The host on real pseudo-terminals, heard by pyserial and asked by pymodbus, neither of which knows our encoders."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
import serial
from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ModbusIOException

from hil_tests.sensors.clock import BenchClock
from hil_tests.sensors.faults import Faults
from hil_tests.sensors.host import MAX_WAIT_S, SensorHost
from hil_tests.sensors.modbus_slaves import ModbusSlave, ModbusSlaves
from hil_tests.sensors.plantower import WARM_UP_MS, Plantower
from hil_tests.sensors.scenario import steady

LIMIT_S = 20.0


class Terminal(NamedTuple):
    master: int
    path: str


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A pseudo-terminal whose board end is closed until a test opens it."""
    master, board_end = pty.openpty()
    path = os.ttyname(board_end)
    os.close(board_end)
    yield Terminal(master, path)
    os.close(master)


def wait_until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < limit, "not in time"
        threading.Event().wait(0.005)


def next_frame(port: serial.Serial) -> bytes:
    """The next frame of a PMS5003, by pyserial alone."""
    assert port.read_until(b"\x42\x4d\x00\x1c").endswith(b"\x42\x4d\x00\x1c")
    return b"\x42\x4d\x00\x1c" + port.read(28)


def test_a_stream_is_heard_through_a_real_terminal(terminal: Terminal) -> None:
    part = Plantower(steady(pm2_5_atm=35))
    with SensorHost(rate=100) as host, serial.Serial(terminal.path, 9600, timeout=LIMIT_S) as port:
        host.attach(terminal.master, part)
        wait_until(lambda: part.settled_ms is not None and host.clock.now_ms() > part.settled_ms)
        port.reset_input_buffer()
        frame = next_frame(port)
        assert sum(frame[:30]) == int.from_bytes(frame[30:], "big")
        assert frame[12:14] == bytes((0, 35))


def test_a_command_is_answered_through_a_real_terminal(terminal: Terminal) -> None:
    with SensorHost() as host, serial.Serial(terminal.path, 9600, timeout=LIMIT_S) as port:
        host.attach(terminal.master, Plantower(steady()))
        port.write(bytes.fromhex("424de400000173"))
        assert port.read(8) == bytes.fromhex("424d0004e4000177")


def test_time_runs_at_the_rate(terminal: Terminal) -> None:
    part = Plantower(steady())
    clock = BenchClock(rate=50)
    with SensorHost(clock=clock) as host, serial.Serial(terminal.path):
        started_s, started_ms = time.monotonic(), clock.now_ms()
        host.attach(terminal.master, part)
        wait_until(lambda: bool(part.shown) and part.shown[-1][0] - started_ms > WARM_UP_MS)
        wall_ms = (time.monotonic() - started_s) * 1000
    assert WARM_UP_MS / 50 <= wall_ms < WARM_UP_MS / 2


def test_bench_time_is_utc_that_runs_faster_from_its_origin() -> None:
    assert abs(BenchClock().now_ms() - time.time() * 1000) < 1000
    assert BenchClock(60, origin_ms=1_000_000).bench_ms(1_001_000) == 1_060_000
    with pytest.raises(ValueError, match="above 0"):
        BenchClock(0)


class Counted(ModbusSlaves):
    """Slaves that count how often the host looks at them: once a round."""

    rounds = 0

    def next_action(self, now_ms: int) -> bytes | None:
        self.rounds += 1
        return super().next_action(now_ms)

    def round_s(self, wait_s: float) -> float:
        """Mean length of a round while a test waits."""
        rounds, started_s = self.rounds, time.monotonic()
        threading.Event().wait(wait_s)
        return (time.monotonic() - started_s) / (self.rounds - rounds)


@pytest.mark.parametrize("board_end_is_open", [True, False])
def test_the_host_sleeps_while_nothing_happens(terminal: Terminal, board_end_is_open: bool) -> None:
    part = Counted([ModbusSlave("jxct_tvoc", steady())])
    with SensorHost() as host, serial.Serial(terminal.path) as board:
        port = host.attach(terminal.master, part)
        if not board_end_is_open:
            board.close()
            wait_until(lambda: not port.listening)
        assert part.round_s(10 * MAX_WAIT_S) > MAX_WAIT_S / 2


def test_a_closed_board_end_is_not_spoken_to_and_heard_again_when_open(terminal: Terminal) -> None:
    part = Plantower(steady())
    with SensorHost(rate=20) as host:
        port = host.attach(terminal.master, part)
        for _ in range(3):
            with serial.Serial(terminal.path, 9600, timeout=LIMIT_S) as board:
                assert len(next_frame(board)) == 32
            wait_until(lambda: not port.listening)
            unheard = port.unheard_bytes
            wait_until(lambda before=unheard: port.unheard_bytes > before)  # type: ignore[misc]


def test_a_board_that_does_not_read_loses_bytes_and_stops_nobody(terminal: Terminal) -> None:
    master, board_end = pty.openpty()
    deaf, heard = Plantower(steady()), Plantower(steady())
    with SensorHost(rate=20_000) as host, serial.Serial(terminal.path, timeout=LIMIT_S) as board, closing_fd(board_end), closing_fd(master):
        port = host.attach(master, deaf)
        host.attach(terminal.master, heard)
        wait_until(lambda: port.overrun_bytes > 0)
        board.reset_input_buffer()
        assert len(next_frame(board)) == 32


class closing_fd:
    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __enter__(self) -> int:
        return self.fd

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def test_bytes_pass_raw_in_both_directions(terminal: Terminal) -> None:
    every = bytes(range(256))
    part = Recorder(every)
    board_end = os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)
    with SensorHost() as host, closing_fd(board_end):
        host.attach(terminal.master, part)
        received = b""
        while len(received) < 256:
            received += os.read(board_end, 256 - len(received))
        os.write(board_end, every)
        wait_until(lambda: len(part.heard) >= 256)
    assert received == every
    assert bytes(part.heard) == every


class Recorder:
    """A device that says one thing and keeps what it hears."""

    def __init__(self, says: bytes) -> None:
        self.says: bytes | None = says
        self.heard = bytearray()

    def handle(self, data: bytes, now_ms: int) -> None:
        self.heard += data

    def next_action(self, now_ms: int) -> bytes | None:
        says, self.says = self.says, None
        return says

    def next_due(self) -> float | None:
        return 0 if self.says else None

    def power(self, on: bool) -> None:
        raise NotImplementedError


def test_detach_ends_the_traffic_and_leaves_the_descriptor_open(terminal: Terminal) -> None:
    part = Plantower(steady())
    with SensorHost(rate=1000) as host, serial.Serial(terminal.path, timeout=LIMIT_S) as board:
        host.attach(terminal.master, part)
        with pytest.raises(ValueError, match="has a part already"):
            host.attach(terminal.master, part)
        next_frame(board)
        host.detach(terminal.master)
        before = len(part.shown)
        board.reset_input_buffer()
        os.write(terminal.master, b"!")
        assert board.read(1) == b"!"
        assert len(part.shown) == before
        with pytest.raises(KeyError):
            host.detach(terminal.master)
        host.attach(terminal.master, Plantower(steady()))
        next_frame(board)


def test_power_and_faults_are_switched_while_it_runs(terminal: Terminal) -> None:
    part, faults = Plantower(steady()), Faults(9)
    with SensorHost(rate=100) as host, serial.Serial(terminal.path, timeout=LIMIT_S) as board:
        host.attach(terminal.master, part, faults)
        next_frame(board)
        faults.on("silence")
        wait_until(lambda: faults.injected["silence"] > 3)
        faults.off()
        next_frame(board)
        part.power(False)
        wait_until(lambda: part.next_due() is None)
        before = len(part.shown)
        wait_until_bench(host, 20_000)
        assert len(part.shown) <= before + 1  # one may have been under way
        part.power(True)
        board.reset_input_buffer()
        next_frame(board)


def wait_until_bench(host: SensorHost, further_ms: int) -> None:
    goal = host.clock.now_ms() + further_ms
    wait_until(lambda: host.clock.now_ms() > goal)


def test_pymodbus_reads_and_sets_the_slaves_of_one_bus(terminal: Terminal) -> None:
    tvoc = ModbusSlave("jxct_tvoc", steady(tvoc=209, humidity=65.8, temperature=-10.1), address=1)
    air = ModbusSlave("xy_md02", steady(temperature=21.5, humidity=48.2), address=2)
    with SensorHost(rate=20) as host, closing(ModbusSerialClient(terminal.path, baudrate=9600, timeout=2, retries=0)) as master:
        host.attach(terminal.master, ModbusSlaves([tvoc, air]))
        assert master.connect()
        wait_until_bench(host, 16_000)  # until they have settled
        assert master.read_holding_registers(6, device_id=1).registers == [209]
        assert master.read_holding_registers(0, count=2, device_id=1).registers == [658, 0x10000 - 101]
        assert master.read_input_registers(1, count=2, device_id=2).registers == [215, 482]
        assert master.read_holding_registers(10, device_id=1).exception_code == 2
        assert master.read_coils(0, device_id=1).exception_code == 1
        assert not master.write_register(0x0101, 7, device_id=2).isError()
        assert master.read_input_registers(1, device_id=7).registers == [215]
    assert [values for _, values in tvoc.shown] == [{"tvoc": 209}, {"humidity": 65.8, "temperature": -10.1}]


def test_pymodbus_sees_silence_of_an_absent_slave_and_a_damaged_reply(terminal: Terminal) -> None:
    faults = Faults(11)
    with SensorHost(rate=20) as host, closing(ModbusSerialClient(terminal.path, baudrate=9600, timeout=0.2, retries=0)) as master:
        host.attach(terminal.master, ModbusSlaves([ModbusSlave("xy_md02", steady())]), faults)
        assert master.connect()
        wait_until_bench(host, 2_000)
        for device_id in (1, 3):
            if device_id == 1:
                faults.on("wrong_crc")
            with pytest.raises(ModbusIOException):
                master.read_input_registers(1, device_id=device_id)
        assert faults.injected["wrong_crc"] == 1
        faults.off()
        assert master.read_input_registers(1, device_id=1).registers == [215]


def test_the_command_prints_the_path_of_a_sensor_that_answers() -> None:
    command = [sys.executable, "-m", "hil_tests.sensors", "pms5003"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        with serial.Serial(program.stdout.readline().strip(), 9600, timeout=LIMIT_S) as port:
            port.write(bytes.fromhex("424de400000173"))
            answer = port.read_until(bytes.fromhex("424d0004e4000177"))
        program.send_signal(signal.SIGINT)
        last_line = program.stdout.readline()
    assert answer.endswith(bytes.fromhex("424d0004e4000177"))
    assert last_line == "faults of seed 0: none injected\n"
