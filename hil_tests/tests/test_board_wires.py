"""Serial ports, pins and Wi-Fi of a virtual board, seen from both ends."""

import os
import select
import socket
from pathlib import Path

import pytest

from hil_tests.board.board import UartSettings
from hil_tests.tests.board_program import board_with

pytestmark = pytest.mark.hil

ECHO = """
    import asyncio, machine
    uart = machine.UART(1, 9600, bits=8, parity=0, stop=1, tx=17, rx=16, rxbuf=512)
    async def main():
        reader = asyncio.StreamReader(uart)
        writer = asyncio.StreamWriter(uart)
        buffer = bytearray(64)
        print("ready")
        while True:
            count = await reader.readinto(buffer)
            writer.write(bytes(buffer[:count]).upper())
            await writer.drain()
    asyncio.run(main())
    """


def _read(fd: int, count: int) -> bytes:
    data = b""
    while len(data) < count and select.select([fd], [], [], 20)[0]:
        data += os.read(fd, count - len(data))
    return data


def test_asyncio_streams_read_and_write_a_serial_port_over_a_reset(tmp_path: Path) -> None:
    with board_with(tmp_path, ECHO) as board:
        fd = board.uart_master_fd(1)
        board.start()
        for boot in (1, 2):
            board.wait_for_console("ready", count=boot)
            for text in (b"pm2.5", b"\x11\x13\x03\x04\n\r\x00\xff", b"x" * 1000):
                os.write(fd, text)
                assert _read(fd, len(text)) == text.upper()
            board.kill()
        assert board.uart_settings(1) == UartSettings(9600, 8, 0, 1)
        assert board.uart_settings(0).baudrate == 0


def test_a_waiting_event_loop_sleeps_in_the_kernel(tmp_path: Path) -> None:
    with board_with(tmp_path, ECHO) as board:
        fd = board.uart_master_fd(1)
        board.start()
        board.wait_for_console("ready")
        os.write(fd, b"x")
        assert _read(fd, 1) == b"X"
        before = _switches(board.pid)
        assert not select.select([fd], [], [], 1.0)[0]
        assert _switches(board.pid) - before <= 10


def _switches(pid: int | None) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_what_was_sent_to_a_board_without_power_is_lost(tmp_path: Path) -> None:
    with board_with(tmp_path, ECHO) as board:
        fd = board.uart_master_fd(1)
        os.write(fd, b"before")
        board.start()
        board.wait_for_console("ready")
        os.write(fd, b"after")
        assert _read(fd, 5) == b"AFTER"


def test_a_read_waits_for_its_timeout_and_any_counts(tmp_path: Path) -> None:
    main = """
        import machine, time
        uart = machine.UART(0, 9600, timeout=300)
        began = time.ticks_ms()
        print("nothing", uart.read(1), uart.any(), time.ticks_diff(time.ticks_ms(), began) >= 300)
        while uart.any() < 5:
            time.sleep_ms(5)
        print("some", uart.any(), uart.read(2), uart.read())
        """
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console("nothing None 0 True")
        os.write(board.uart_master_fd(0), b"12345")
        board.wait_for_console("some 5 b'12' b'345'")


def test_flush_ends_when_the_last_bit_would_have_left(tmp_path: Path) -> None:
    # 96 characters of 10 bits at 9600 baud are 100 ms.
    main = """
        import machine, time
        enable = machine.Pin(4, machine.Pin.OUT, value=1)
        uart = machine.UART(0, 9600)
        began = time.ticks_ms()
        uart.write(b"x" * 96)
        print("done at once", uart.txdone())
        uart.flush()
        print("took", time.ticks_diff(time.ticks_ms(), began) >= 100, uart.txdone())
        enable.off()
        print("ready")
        """
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console("ready")
        assert "done at once False\ntook True True\n" in board.console()


def test_pins_are_seen_from_both_ends(tmp_path: Path) -> None:
    main = """
        import machine, time
        out = machine.Pin(4, machine.Pin.OUT, value=1)
        button = machine.Pin(9, machine.Pin.IN, machine.Pin.PULL_UP)
        print("waiting", button(), out.value())
        while not button.value():
            time.sleep_ms(5)
        out.off()
        print("pressed")
        """
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console("waiting 0 1")
        assert board.pin(4) == 1
        board.set_pin(9, 1)
        board.wait_for_console("pressed")
        assert board.pin(4) == 0


WIFI = """
    import asyncio, machine, network
    wlan = network.WLAN(network.STA_IF)
    print("before", wlan.active(), wlan.isconnected(), wlan.ifconfig()[0])
    wlan.active(True)
    wlan.connect("district", "secret")
    async def main():
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
                print("connected", wlan.status() == network.STAT_GOT_IP)
                asyncio.create_task(look())
                print("lost", await reader.read(1), wlan.isconnected())
                writer.close()
            except OSError as error:
                print("refused", error.errno)
            await asyncio.sleep_ms(50)
    async def look():
        while wlan.isconnected():
            await asyncio.sleep_ms(20)
    asyncio.run(main())
    """


def test_without_the_access_point_connections_break_and_none_can_be_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        main = WIFI.replace("PORT", str(server.getsockname()[1]))
        with board_with(tmp_path, main) as board:
            board.start()
            with server.accept()[0]:
                board.wait_for_console("connected True")
                assert "before False False 0.0.0.0" in board.console()
                board.set_access_point(False)
                board.wait_for_console("lost b'' False")
                board.wait_for_console("refused 101", count=2)
                board.set_access_point(True)
                with server.accept()[0]:
                    board.wait_for_console("connected True", count=2)
