"""The wires of a board that end on the host: pseudo-terminals for its serial ports. Knows no bytes."""

import os
import pty
import termios
import tty


class UartLine:
    """A serial port: the board inherits `board_fd`, the sensors hold `sensors_fd`. Both stay open over any restart."""

    def __init__(self) -> None:
        self.sensors_fd, self.board_fd = pty.openpty()
        tty.setraw(self.board_fd)
        os.set_blocking(self.board_fd, False)
        os.set_blocking(self.sensors_fd, False)

    def forget(self) -> None:
        """The receive buffer of a chip does not outlive a reset."""
        termios.tcflush(self.board_fd, termios.TCIFLUSH)

    def close(self) -> None:
        os.close(self.sensors_fd)
        os.close(self.board_fd)
