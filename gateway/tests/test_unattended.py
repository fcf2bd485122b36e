"""What systemd hears of the real process, and of a gateway that hangs."""

import asyncio
import os
import signal
import socket
import sys
import threading
from asyncio.subprocess import DEVNULL
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.counters import Counters
from gateway.process.watchdog import Watchdog
from gateway.tests.conftest import Site, until
from gateway.tests.site import Broker, configuration_document, write_configuration
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet
from host.systemd import ALIVE, Systemd

_COMMAND = str(Path(sys.executable).with_name("airgrid-gateway"))


class Listener:
    """The socket of a systemd that listens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    async def next(self) -> list[str]:
        async with asyncio.timeout(30):
            return (await asyncio.get_running_loop().sock_recv(self._socket, 4096)).decode().split("\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path / "notify")
    yield made
    made.close()


async def test_without_systemd_nothing_is_said_and_nothing_fails() -> None:
    systemd = Systemd(None, None)
    systemd.notify(ALIVE)
    assert systemd.watchdog_s is None


async def test_a_systemd_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    Systemd(str(tmp_path / "nobody"), "5000000").notify(ALIVE)


@pytest.mark.hil
async def test_the_process_says_when_it_is_ready_that_it_lives_and_that_it_stops(
    tmp_path: Path, broker: Broker, fleet: StandInFleet, listener: Listener
) -> None:
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(tmp_path / "state", fleet, broker.port))
    enrol = await asyncio.create_subprocess_exec(_COMMAND, "enrol", "--config", str(config), "--code", CODE, stdout=DEVNULL)
    assert await enrol.wait() == 0
    told = {**os.environ, "NOTIFY_SOCKET": str(listener.path), "WATCHDOG_USEC": "1000000"}
    process = await asyncio.create_subprocess_exec(_COMMAND, "run", "--config", str(config), env=told, stderr=DEVNULL)
    try:
        said = [await listener.next() for _ in range(4)]
        assert ["READY=1"] in said
        assert sum(lines[0] == "WATCHDOG=1" for lines in said) == 3
        process.send_signal(signal.SIGTERM)
        while (await listener.next())[0] != "STOPPING=1":
            pass
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_store_that_hangs_is_not_called_alive(site: Site, listener: Listener) -> None:
    gateway = await site.start()
    watchdog = Watchdog(Systemd(str(listener.path), "200000"), gateway.writer, Counters(), gateway.clock, 3600, store_limit_s=0.3)
    running = asyncio.create_task(watchdog.run())
    release = threading.Event()
    try:
        assert (await listener.next())[0] == ALIVE
        hung = asyncio.create_task(gateway.writer.call(lambda store: release.wait(20)))
        await until(lambda: watchdog.standstill is not None, "the standstill seen")
        release.set()
        await hung
        await until(lambda: watchdog.standstill is None, "the standstill over")
    finally:
        release.set()
        running.cancel()
