"""A port that comes back after a reset is waited for; what the system says of one is a sentence with what to do."""

import errno
import os
import pty
import termios
from pathlib import Path

import pytest

from technician import ports
from technician.errors import BoardGoneError, PortError


def test_a_port_of_usb_that_comes_back_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_OF_USB", (str(tmp_path),))
    port = tmp_path / "ttyACM0"
    slept: list[float] = []

    def sleep(_: float) -> None:
        slept.append(1)
        if len(slept) == 3:
            port.touch()

    ports.appear(str(port), sleep)
    assert len(slept) == 3
    ports.appear(str(tmp_path / "ttyACM1"), slept.append)
    assert len(slept) < 100
    slept.clear()
    ports.appear("/dev/nowhere", slept.append)
    assert slept == []


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (PermissionError(errno.EACCES, ""), PortError, "no permission"),
        (FileNotFoundError(errno.ENOENT, ""), PortError, "there is no such port"),
        (OSError(errno.ENODEV, ""), PortError, "there is no such port"),
        (OSError(errno.EBUSY, ""), PortError, "in use by another program"),
        (BlockingIOError(errno.EWOULDBLOCK, ""), PortError, "in use by another program"),
        (OSError(errno.EIO, ""), BoardGoneError, "went away"),
        (termios.error(errno.EIO, "Input/output error"), BoardGoneError, "went away"),
        (OSError(errno.EMFILE, ""), PortError, os.strerror(errno.EMFILE)),
        (OSError("in words only"), PortError, "in words only"),
    ],
    ids=["rights", "absent", "no device", "busy", "locked", "pulled", "pulled, by its settings", "another", "without a number"],
)
def test_what_the_system_says_is_a_sentence_with_what_to_do(error: Exception, kind: type[Exception], told: str) -> None:
    found = ports.port_error("/dev/nowhere", error)
    assert isinstance(found, kind) and told in str(found) and "Next: " in str(found)


def test_a_port_is_free_although_a_child_that_begins_has_a_copy_of_its_descriptor() -> None:
    far, terminal = pty.openpty()
    port = os.ttyname(terminal)
    first = os.open(port, os.O_RDWR | os.O_NOCTTY)
    ports.lock(port, first)
    copy = os.dup(first)  # as fork makes it, until exec
    ports.unlock(first)
    os.close(first)
    second = os.open(port, os.O_RDWR | os.O_NOCTTY)
    ports.lock(port, second)
    for descriptor in (second, copy, terminal, far):
        os.close(descriptor)
