import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from hil_tests.cut_line import CutLine
from hil_tests.processes import free_port


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1000):
            self.request.sendall(data)


@pytest.fixture
def line() -> Iterator[CutLine]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made = CutLine(server.server_address[1])
        yield made
        made.close()
        server.shutdown()


def ask(connection: socket.socket) -> bytes:
    connection.sendall(b"air")
    return connection.recv(1000)


def connect(line: CutLine) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=10)


def test_a_line_carries_both_ways_until_it_is_cut_and_again_when_it_is_mended(line: CutLine) -> None:
    with connect(line) as connection:
        assert ask(connection) == b"air"
        line.cut()
        with pytest.raises(ConnectionError):
            while ask(connection):
                pass
            raise ConnectionResetError
    with connect(line) as connection:
        assert is_ended(connection)
    line.mend()
    with connect(line) as connection:
        assert ask(connection) == b"air"


def is_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_a_line_to_nobody_ends_at_once() -> None:
    line = CutLine(free_port())
    with connect(line) as connection:
        assert is_ended(connection)
    line.close()
