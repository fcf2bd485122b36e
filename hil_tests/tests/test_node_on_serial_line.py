"""The whole firmware on the virtual board, with a wire to its gateway and no network. The gateway's end is pyserial with an
implementation of frames of its own, behind a line that carries 9600 bits a second."""

import json
import os
import pty
import select
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from firmware.tests.far_end import KEY, NODE, acknowledgement, opened, time_answer
from hil_tests.board.board import VirtualBoard
from technician.build import flash_files

pytestmark = pytest.mark.hil

ADDRESS = 5
BYTE_S = 10 / 9600
# A fifth of a second without a byte ends a poll.
TIMEOUT_S = 0.3
QUIET_S = 3.0
WITHIN_S = 40.0


def crc(data: bytes) -> int:
    """CRC-16/IBM-3740, bit by bit."""
    value = 0xFFFF
    for byte in data:
        for bit in range(8):
            high = value >> 15 ^ byte >> (7 - bit) & 1
            value = (value << 1 & 0xFFFF) ^ (0x1021 if high else 0)
    return value


def stuffed(data: bytes) -> bytes:
    out = b""
    for group in (data + b"\x00").split(b"\x00")[:-1]:
        while len(group) > 253:
            out, group = out + b"\xff" + group[:254], group[254:]
        out += bytes((len(group) + 1,)) + group
    return out


def unstuffed(data: bytes) -> bytes:
    out = b""
    while data:
        code, out = data[0], out + data[1 : data[0]]
        data = data[code:]
        if data and code < 255:
            out += b"\x00"
    return out


def framed(address: int, payload: bytes) -> bytes:
    body = bytes((address,)) + payload
    return b"\x00" + stuffed(body + crc(body).to_bytes(2, "big")) + b"\x00"


class Wire:
    """Carries bytes between a terminal for pyserial and the board's port, both ways at the speed of the line."""

    def __init__(self, board_fd: int) -> None:
        self._board_fd = board_fd
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._carry, args=ends) for ends in ((self._master, board_fd), (board_fd, self._master))]
        for thread in self._threads:
            thread.start()

    def _carry(self, source: int, target: int) -> None:
        while not self._stopped.is_set():
            if select.select([source], [], [], 0.05)[0]:
                data = os.read(source, 16)
                self._stopped.wait(len(data) * BYTE_S)
                os.write(target, data)

    def close(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        os.close(self._master)
        os.close(self._slave)


class WiredGateway:
    """Polls the node, keeps what it says, acknowledges it."""

    def __init__(self, port: str) -> None:
        self._serial = serial.Serial(port, 9600, timeout=TIMEOUT_S)
        self.items: list[tuple[str, dict[str, Any]]] = []
        self.longest = 0
        self.silent = self.spoiled = 0
        self._down: list[bytes] = []
        self._number = 0
        self._received = b"-"

    def exchange(self, address: int = ADDRESS) -> bool:
        """One poll; whether it was answered."""
        number = b"%d" % self._number if self._down else b"-"
        self._serial.write(framed(address, b"?" + number + self._received + (self._down[0] if self._down else b"")))
        answer = self._answer()
        if answer is None:
            self.silent += 1
            return False
        assert answer[0] == address
        payload = answer[1:-2]
        assert payload[:1] == b"!"
        if self._down and payload[2:3] == b"%d" % self._number:
            self._down.pop(0)
            self._number ^= 1
        if payload[1:2] not in (b"-", self._received):
            self._received = payload[1:2]
            self._take(payload[3:])
        return True

    def _answer(self) -> bytes | None:
        # Until the line is silent. On a loaded machine an answer may come when it is no longer waited for, and be cut: that is no frame.
        piece = b""
        while data := self._serial.read_until(b"\x00"):
            piece += data
            if piece.endswith(b"\x00"):
                frame = unstuffed(piece[:-1])
                if len(frame) > 2 and crc(frame) == 0:
                    self.longest = max(self.longest, len(piece))
                    return frame
                self.spoiled += len(piece) > 1
                piece = b""
        return None

    def _take(self, message: bytes) -> None:
        name, sealed = message.split(b" ", 1)
        direction, node, kind = name.decode().split("/")
        assert (direction, node) == ("up", NODE)
        found, body = opened((kind, sealed))
        if found == "get":
            self._say("time", time_answer(body, 1800000000000, 500))
            return
        self.items += [(found, item) for item in body["i"]]
        self._say("ack", acknowledgement(body["b"], *[[item["q"], item["q"]] for item in body["i"]]))

    def _say(self, kind: str, sealed: bytes) -> None:
        self._down.append(f"down/{NODE}/{kind} ".encode() + sealed)

    def until_seq(self, seq: int) -> None:
        end = time.monotonic() + WITHIN_S
        while not self.items or max(item["q"] for _, item in self.items) < seq:
            assert time.monotonic() < end, f"{self.silent} silent, {self.items}"
            self.exchange()

    def until_quiet(self) -> None:
        """Until an answer that came too late is over, too."""
        self._serial.timeout = QUIET_S
        while self._serial.read(256):
            pass
        self._serial.timeout = TIMEOUT_S

    def close(self) -> None:
        self._serial.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[WiredGateway]:
    identity = {
        "node": NODE,
        "key": KEY.hex(),
        "serial": {"mode": "multidrop", "port": 0, "baud": 9600, "address": ADDRESS},
        "settings": {"period_ms": 1000, "resend_ms": 60000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]},
    }
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708") as board:
        board.flash({**flash_files("virtual"), "/identity.json": json.dumps(identity).encode()})
        board.start()
        wire = Wire(board.uart_master_fd(0))
        peer = WiredGateway(wire.port)
        yield peer
        peer.close()
        wire.close()
        assert [boot for boot in board.boots if boot[1] is not None] == []


def test_reports_arrive_over_a_wire_of_9600_baud_and_once(gateway: WiredGateway) -> None:
    gateway.until_seq(8)
    kinds = [kind for kind, _ in gateway.items]
    assert kinds[0] == "hello"
    numbers = [item["q"] for _, item in gateway.items]
    assert sorted(set(numbers)) == list(range(max(numbers) + 1))
    assert len(numbers) - len(set(numbers)) <= 2
    assert "u" in [item for kind, item in gateway.items if kind == "report"][-1]
    assert gateway.longest < 1400
    assert gateway.spoiled <= gateway.silent  # what was cut here; the node itself sends no frame that is not whole


def test_node_says_nothing_to_the_poll_of_another(gateway: WiredGateway) -> None:
    gateway.until_seq(1)
    gateway.until_quiet()
    assert [gateway.exchange(address) for address in (1, 6, 0, 247)] == [False] * 4
    gateway.until_seq(max(item["q"] for _, item in gateway.items) + 1)


def test_reports_arrive_over_usb_between_the_lines_of_the_console(tmp_path: Path) -> None:
    identity = {
        "node": NODE,
        "key": KEY.hex(),
        "serial": {"mode": "usb", "address": ADDRESS},
        "settings": {"period_ms": 1000, "resend_ms": 60000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]},
    }
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708") as board:
        board.flash({**flash_files("virtual"), "/identity.json": json.dumps(identity).encode()})
        board.start()
        peer = WiredGateway(board.port)
        peer.until_seq(4)
        peer.close()
        assert peer.items[0][0] == "hello"
        assert {item["q"] for _, item in peer.items} >= set(range(5))
        assert board.boots[-1][1] is None and len(board.boots) == 1
