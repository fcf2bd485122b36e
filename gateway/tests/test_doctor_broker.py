"""What the doctor says of the broker's limits and of who is connected to it."""

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.command.doctor_broker import broker_findings, of_running
from gateway.tests.site import free_port
from host.listening.sockets import connections_by_address

_LIMITS = "Limit                     Soft Limit           Hard Limit           Units\nMax open files            {soft}  4096  files\n"


def processes(folder: Path, soft: str, name: str = "mosquitto") -> Path:
    (folder / "123").mkdir()
    (folder / "123" / "comm").write_text(name + "\n")
    (folder / "123" / "limits").write_text(_LIMITS.format(soft=soft))
    (folder / "net").symlink_to("/proc/net")
    return folder


def configuration(folder: Path, port: int) -> Path:
    written = folder / "airgrid.conf"
    written.write_text(f"# listener 1\nlistener {port}\nmax_connections 4000\nlistener {port + 1} 127.0.0.1\n")
    return written


@pytest.mark.parametrize(
    ("soft", "name", "well"),
    [("4352", "mosquitto", True), ("unlimited", "mosquitto", True), ("1024", "mosquitto", False), ("1024", "another", True)],
)
def test_a_broker_with_few_descriptors_is_a_fault(tmp_path: Path, soft: str, name: str, well: bool) -> None:
    found = broker_findings(configuration(tmp_path, free_port()), processes(tmp_path, soft, name))[0]
    assert found.well == well
    assert well or "install" in found.advice


def test_the_descriptors_of_a_real_process_are_read(tmp_path: Path) -> None:
    waiting = ["prlimit", "--nofile=777:888", "sleep", "60"]
    with subprocess.Popen(waiting) as process:
        folder = tmp_path / str(process.pid)
        folder.mkdir()
        (folder / "comm").write_text("mosquitto\n")
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(b"sleep"):
            pass
        shutil.copyfile(f"/proc/{process.pid}/limits", folder / "limits")
        process.kill()
    assert broker_findings(configuration(tmp_path, free_port()), tmp_path)[0].text.startswith("777 descriptors")


def test_a_connection_that_the_kernel_lists_twice_is_one(tmp_path: Path) -> None:
    line = "{}: 0100007F:075B {}:9C40 01 00000000:00000000 00:00000000 00000000 0 0 1\n"
    lines = line.format(0, "0500007F") + line.format(1, "0600007F") + line.format(2, "0500007F")
    (tmp_path / "tcp").write_text("  sl  local_address rem_address   st\n" + lines)
    assert connections_by_address({0x075B}, tmp_path) == {"127.0.0.5": 1, "127.0.0.6": 1}


def test_an_address_with_many_connections_is_a_fault(tmp_path: Path) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=200)).getsockname()[1]
        for source, count in (("127.0.0.5", 70), ("127.0.0.6", 3)):
            for _ in range(count):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), source_address=(source, 0)))
        assert connections_by_address({port}) == {"127.0.0.5": 70, "127.0.0.6": 3}
        found = broker_findings(configuration(tmp_path, port), processes(tmp_path, "4352"))[1]
        assert not found.well and "127.0.0.5 has 70 of 73" in found.text
        assert broker_findings(configuration(tmp_path, free_port()), tmp_path)[1].well


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp6"), reason="a kernel without IPv6")  # noqa: PTH110
def test_connections_over_ipv6_are_counted(tmp_path: Path) -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on the loopback of this machine")
    with server, socket.create_connection(server.getsockname()[:2]):
        assert connections_by_address({server.getsockname()[1]}) == {"::1": 1}


def test_of_a_broker_elsewhere_nothing_is_said(tmp_path: Path) -> None:
    assert broker_findings(tmp_path / "absent") == []


@pytest.mark.parametrize(
    ("started_ms", "connected", "errors", "level"),
    [
        (99_000, False, [], "note"),
        (99_000, True, [], "ok"),
        (99_000, False, [{"place": "mqtt", "text": "wrong password -> install again"}], "FAULT"),
        (70_000, False, [], "FAULT"),
        (101_000, False, [], "FAULT"),
        (None, None, [], "FAULT"),
    ],
    ids=["just started", "connected", "it knows why not", "long enough ago", "clock was set back", "nothing is known"],
)
def test_a_gateway_that_has_just_started_is_not_blamed_for_its_broker(
    started_ms: int | None, connected: bool | None, errors: list[dict[str, str]], level: str
) -> None:
    status = {"at_ms": 100_000, "started_ms": started_ms, "broker_connected": connected, "errors": errors}
    assert of_running("127.0.0.1:1884", status).level == level
