"""One question on a Modbus line: what a pseudo-terminal refuses is a fault of the port, and not of the program."""

import os
import pty
import tty

import pytest

from gateway.errors import PortError
from gateway.sources.modbus_line import ModbusLine
from gateway.sources.modbus_slave import Read

# Holding register 0, unsigned.
ONE_REGISTER = Read([(3, 0, "u16", "ab", 1, 1, 1, None, None, 0, 65535)])


def test_a_line_that_refuses_another_timeout_is_a_fault_of_its_port() -> None:
    master, terminal = pty.openpty()
    tty.setraw(terminal)
    line = ModbusLine(os.ttyname(terminal), (9600, 8, "E", 1))
    line.open()
    with pytest.raises(PortError):
        line.ask(1, ONE_REGISTER, 0.5)
    line.close()
    os.close(terminal)
    os.close(master)
