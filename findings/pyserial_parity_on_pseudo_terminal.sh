#!/bin/sh
# Package:  pyserial 3.5, on Linux
# Expected: a port that opens with parity E takes another timeout; what goes wrong is a SerialException.
# Seen:     a pseudo-terminal (socat, serial servers) opens with parity E. Setting `timeout`, which is no property of the line, sets the
#           whole line again, and the kernel refuses the identical setting: termios.error, which is neither SerialException nor OSError.
# airgrid:  touched: gateway/sources/modbus_line.py sets a timeout for each question. Guard: it turns termios.error into PortError;
#           gateway/tests/test_modbus_line.py::test_a_line_that_refuses_another_timeout_is_a_fault_of_its_port
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON3:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyserial==3.5
cd "$folder"
venv/bin/python - <<'END'
import os
import pty
import termios
import tty

import serial

_, terminal = pty.openpty()
tty.setraw(terminal)
port = serial.Serial(os.ttyname(terminal), 9600, parity="E", timeout=1)
print("opened with parity", port.parity)
try:
    port.timeout = 0.5
except termios.error as error:
    print("timeout:", repr(error))
    assert not isinstance(error, OSError)
else:
    raise SystemExit("the timeout could be changed")
END
