"""What systemd hears of the real service."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.tests.live import START_S, fleet_command

pytestmark = pytest.mark.hil


def test_systemd_hears_when_it_is_ready_that_it_lives_and_that_it_stops(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    subprocess.run(fleet_command("init", *state), check=True, capture_output=True, timeout=START_S)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(START_S)
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        process = subprocess.Popen(fleet_command("run", *state, "--port", "0"), env=environment, stderr=subprocess.DEVNULL)
        try:
            heard = [systemd.recv(4096).decode() for _ in range(4)]
            assert heard.count("READY=1") == 1 and heard.count("WATCHDOG=1") == 3
            process.terminate()
            while systemd.recv(4096) != b"STOPPING=1":
                pass
            process.wait(START_S)
        finally:
            process.kill()
            process.wait()


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    subprocess.run(fleet_command("init", *state), check=True, capture_output=True, timeout=START_S)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = subprocess.run(
            fleet_command("run", *state, "--port", str(port)), capture_output=True, text=True, timeout=START_S, check=False
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"airgrid-fleet: 127.0.0.1:{port}: in use by another program -> end it (ss -ltnp 'sport = :{port}' names it), "
        "or take another: option port\n"
    )


def test_the_version_is_printed() -> None:
    shown = subprocess.run(fleet_command("--version"), capture_output=True, text=True, timeout=START_S, check=True, cwd=Path(sys.prefix))
    assert shown.stdout.count(".") >= 2
