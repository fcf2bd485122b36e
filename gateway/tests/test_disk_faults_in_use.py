"""The disk under the running process goes bad: read-only, full or failing for a while, or a buffer that is overwritten.

The faults are the kernel's own answers, put in by strace for the files of the buffer alone, for as long as it is attached.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.store.database import FILE_NAME
from gateway.tests.conftest import Site
from gateway.tests.site import BOOT, configuration_document, desired_node, items, report, write_configuration
from gateway.tests.test_killed_process import run_command, started
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet

pytestmark = pytest.mark.hil

_WRITES = "pwrite64,write,fsync,fdatasync,ftruncate"
_TRIES_S = 2.0


@pytest.fixture
async def running(tmp_path: Path, site: Site) -> AsyncIterator[Process]:
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(tmp_path / "state", site.fleet, site.broker.port))
    assert (await run_command("enrol", "--config", str(config), "--code", CODE))[0] == 0
    await site.fleet.desire([desired_node("n-1")])
    process = await started(config)
    yield process
    process.kill()
    await process.wait()


@asynccontextmanager
async def disk_that_answers(error: str, process: Process, path: Path) -> AsyncIterator[None]:
    """Every write to the buffer is refused with that error."""
    files = [word for name in (path, Path(f"{path}-wal")) for word in ("-P", str(name))]
    command = ("strace", "-f", *files, "-e", f"trace={_WRITES}", "-e", f"inject={_WRITES}:error={error}", "-p", str(process.pid))
    strace = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE)
    assert strace.stderr is not None
    first = (await asyncio.wait_for(strace.stderr.readline(), 30)).decode()
    assert "attached" in first, first
    drained = asyncio.create_task(strace.stderr.read())
    yield
    strace.terminate()
    assert b"INJECTED" in await drained, "no write was tried meanwhile"
    await strace.wait()


@pytest.mark.parametrize("error", ["EROFS", "ENOSPC", "EIO"])
async def test_while_the_disk_refuses_nothing_is_acknowledged_and_after_that_everything_is(
    site: Site, running: Process, tmp_path: Path, error: str
) -> None:
    node = await site.node("n-1")
    await node.deliver("report", items("report", report(0)), 0)
    async with disk_that_answers(error, running, tmp_path / "state" / FILE_NAME):
        for seq in range(1, 6):
            await node.send("report", items("report", report(seq)))
        await asyncio.sleep(_TRIES_S)  # time for several tries, of which none may succeed
        assert node.acked == {(BOOT, 0)}
        assert running.returncode is None, "it waits for the disk, it does not end"
    for seq in range(1, 6):
        await node.deliver("report", items("report", report(seq)), seq)
    await site.fleet.wait(lambda: {("n-1", BOOT, seq) for seq in range(6)} <= set(site.fleet.items))


async def test_a_buffer_that_is_overwritten_in_use_is_set_aside_told_and_replaced(site: Site, running: Process, tmp_path: Path) -> None:
    state, node = tmp_path / "state", await site.node("n-1")
    for seq in range(20):
        await node.deliver("report", items("report", report(seq)), seq)
    await site.fleet.wait(lambda: len(site.fleet.items) >= 20)
    for path in (state / FILE_NAME, state / f"{FILE_NAME}-wal", state / f"{FILE_NAME}-shm"):
        with path.open("r+b") as file:
            file.write(b"\xaa" * path.stat().st_size)
    for seq in range(20, 40):
        await node.deliver("report", items("report", report(seq)), seq)
    await site.fleet.wait(lambda: {("n-1", BOOT, seq) for seq in range(40)} <= set(site.fleet.items), what="all of it at the fleet")
    await site.fleet.wait(lambda: bool(_events(site.fleet, "store_set_aside")), what="the fleet is told")
    assert list(state.glob(f"{FILE_NAME}.set-aside-*")), "kept for inspection"
    assert running.returncode is None


def _events(fleet: StandInFleet, kind: str) -> list[Any]:
    return [item for item in fleet.items.values() if item["kind"] == "event" and item["body"]["k"] == kind]
