#!/bin/sh
# Package:  Linux 6.18.44, tty_ioctl(2)
# Expected: TIOCEXCL, exclusive use of a terminal, ends when the program that asked for it closes the terminal.
# Seen:     on a pseudo-terminal it stays as long as the far end or any other descriptor is open: every later open of a program without
#           CAP_SYS_ADMIN is refused with EBUSY, although no program uses the terminal.
# airgrid:  touched: technician/ports.py locks ports so, and a port may be a pseudo-terminal (a serial server, a board of the bench). Guard: it
#           is ended by TIOCNXCL before the close;
#           hil_tests/tests/test_technician_port.py::test_nothing_of_a_port_stays_locked_after_an_error
set -eu
"${PYTHON3:-python3}" - <<'END'
import fcntl
import os
import pty
import termios


far, near = pty.openpty()
name = os.ttyname(near)
os.close(near)
user = os.open(name, os.O_RDWR | os.O_NOCTTY)
fcntl.ioctl(user, termios.TIOCEXCL)
os.close(user)
if os.geteuid() == 0:
    os.setgroups([])
    os.chmod(name, 0o666)
    os.seteuid(65534)
try:
    os.close(os.open(name, os.O_RDWR | os.O_NOCTTY))
except OSError as error:
    print("closed by its only user, and still:", error)
else:
    raise SystemExit("it ends with the close")
END
