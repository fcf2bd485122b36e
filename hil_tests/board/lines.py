"""The wires of a board that end on the host: pseudo-terminals for its serial ports, or sockets, which deliver before the writer goes on:
a pseudo-terminal leaves that to a thread of the kernel, and lockstep could not tell when bytes have arrived. Knows no bytes."""

import os
import pty
import socket
import termios
import tty
from contextlib import suppress

# Some 40 pieces, whatever their length: what does not fit is lost, as in a chip.
_SOCKET_BUFFER_BYTES = 32768
_READ_BYTES = 65536


class UartLine:
    """A serial port: the board inherits `board_fd`, the sensors hold `sensors_fd`. Both stay open over any restart."""

    def __init__(self, lockstep: bool = False) -> None:
        self.sensors_fd, self.board_fd = _sockets() if lockstep else pty.openpty()
        if not lockstep:
            tty.setraw(self.board_fd)
        os.set_blocking(self.board_fd, False)
        os.set_blocking(self.sensors_fd, False)

    def forget(self) -> None:
        """The receive buffer of a chip does not outlive a reset."""
        if os.isatty(self.board_fd):
            termios.tcflush(self.board_fd, termios.TCIFLUSH)
        else:
            with suppress(BlockingIOError):
                while os.read(self.board_fd, _READ_BYTES):
                    pass

    def close(self) -> None:
        os.close(self.sensors_fd)
        os.close(self.board_fd)


def _sockets() -> tuple[int, int]:
    ends = socket.socketpair()
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)
    return ends[0].detach(), ends[1].detach()
