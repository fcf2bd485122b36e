"""A disk that cannot be written, settings that are damaged, a clock that jumps: what the whole gateway promises for each."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.tests.conftest import Site, until
from gateway.tests.site import BOOT, Broker, configuration_document, items, report, write_configuration
from gateway.tests.test_killed_process import COMMAND, run_command, started
from gateway.time.clock import Clock
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet

pytestmark = pytest.mark.hil

_DAY_MS = 86_400_000
_JUMPS_MS = {"a day on": _DAY_MS, "a day back": -_DAY_MS, "ten years on": 3653 * _DAY_MS, "ten years back": -3653 * _DAY_MS}
# In a name space of its own: the folder $0 is read-only there, and the rest of the arguments is run.
_READ_ONLY = ("unshare", "-Urm", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"')


@pytest.fixture
async def config(tmp_path: Path, broker: Broker, fleet: StandInFleet) -> Path:
    """Enrolled."""
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(tmp_path / "state", fleet, broker.port))
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
    assert code == 0, text
    return config


async def test_on_a_read_only_disk_it_says_what_to_do_and_goes_on_when_that_is_done(site: Site, config: Path) -> None:
    state = config.parent / "state"
    if subprocess.run([*_READ_ONLY, str(state), "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a test mount anything")
    await site.fleet.desire([])
    process = await started(config)
    process.send_signal(signal.SIGTERM)
    await process.wait()
    refused = await asyncio.create_subprocess_exec(
        *_READ_ONLY, str(state), *COMMAND, "run", "--config", str(config), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    text = (await asyncio.wait_for(refused.communicate(), 30))[0].decode()
    assert refused.returncode == 1
    assert f"{state}: not writable" in text and "mount it writable" in text
    process = await started(config)
    process.kill()
    await process.wait()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "fleet.url: required"),
        (b"[gateway]\nstate = '/var", "gateway.toml"),
        (b"\xff\xfe\x00garbage", "gateway.toml"),
        (b"\x00" * 4096, "gateway.toml"),
    ],
    ids=["empty", "half", "not text", "zeros"],
)
async def test_a_damaged_configuration_is_refused_with_its_name_and_what_is_wrong(config: Path, content: bytes, told: str) -> None:
    config.write_bytes(content)
    code, text = await run_command("run", "--config", str(config))
    assert code == 2
    assert told in text and "Traceback" not in text


def _emptied(whole: bytes) -> bytes:
    return b""


def _halved(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def _zeroed(whole: bytes) -> bytes:
    return bytes(len(whole))


def _flipped(whole: bytes) -> bytes:
    """One bit of what is signed."""
    return whole.replace(b'"k1"', b'"k9"', 1).replace(b"n-1", b"n-9", 1)


@pytest.mark.parametrize("damage", [_emptied, _halved, _zeroed])
async def test_a_damaged_identity_is_named_with_what_to_do(config: Path, damage: Callable[[bytes], bytes]) -> None:
    identity = config.parent / "state" / "identity.json"
    identity.write_bytes(damage(identity.read_bytes()))
    code, text = await run_command("run", "--config", str(config))
    assert code == 1
    assert str(identity) in text and "enrol --code CODE" in text and "--again" in text and "Traceback" not in text


@pytest.mark.parametrize("damage", [_emptied, _halved, _zeroed, _flipped])
async def test_a_damaged_desired_document_costs_nothing_but_the_wait_for_the_fleet(site: Site, damage: Callable[[bytes], bytes]) -> None:
    await site.start_with("n-1")
    desired = site.state / "desired.json"
    await until(desired.exists, "the document pinned")
    await site.fleet.stop()
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await node.wait_acked(0)
    await site.stop()
    desired.write_bytes(damage(desired.read_bytes()))
    gateway = await site.start()
    assert gateway.counters["desired.pinned_bad"] == 1
    await node.send("report", items("report", report(1)))
    await until(lambda: gateway.counters["refused.unknown_node"] == 1, "nobody is known without it")
    await site.fleet.start()
    await node.deliver("report", items("report", report(1)), 1)
    await site.fleet.wait(lambda: {("n-1", BOOT, 0), ("n-1", BOOT, 1)} <= set(site.fleet.items))
    assert gateway.counters["tasks.crashed"] == 0


class Machine:
    """The machine's clock: `ahead_ms` of the truth, which the fleet knows."""

    def __init__(self) -> None:
        self.ahead_ms = 0
        self.synchronised = True

    def utc_ms(self) -> int:
        return self.truth_ms() + self.ahead_ms

    def truth_ms(self) -> int:
        return time.time_ns() // 1_000_000


@pytest.fixture
def machine(site: Site) -> Machine:
    machine = Machine()
    site.clock = Clock(utc_ms=machine.utc_ms, is_synchronised=lambda: machine.synchronised)
    return machine


@pytest.mark.parametrize("fleet_tells", [True, False], ids=["fleet tells the time", "fleet tells none"])
@pytest.mark.parametrize("jump_ms", _JUMPS_MS.values(), ids=list(_JUMPS_MS))
async def test_a_clock_that_jumps_is_not_followed_and_no_date_is_wrong(
    site: Site, machine: Machine, jump_ms: int, fleet_tells: bool
) -> None:
    site.fleet.utc_ms = machine.truth_ms if fleet_tells else None
    gateway = await site.start_with("n-1", gateway={"clock": "auto"})
    node = await site.node("n-1")
    said_ms = [machine.truth_ms()]
    await node.send("report", items("report", report(0, uptime_ms=0)))
    await node.wait_acked(0)
    machine.ahead_ms = jump_ms
    gateway.site.look()
    said_ms.append(machine.truth_ms())
    await node.send("report", items("report", report(1, uptime_ms=1)))  # it comes at once: it was not measured ten seconds later
    await node.send("get", {"b": BOOT, "s": 5, "w": "time", "k": "nonce-1"})
    await node.wait(lambda: bool(node.of_kind("time")) and (BOOT, 1) in node.acked)
    answer = node.of_kind("time")[0]
    assert abs(answer["u"] - machine.truth_ms()) <= answer["e"] + 5000
    await site.fleet.wait(lambda: len(site.fleet.items) == 2)
    for seq, truth_ms in enumerate(said_ms):
        item = site.fleet.items["n-1", BOOT, seq]
        assert abs(item["arrived_ms"] - truth_ms) < 10_000
        assert abs(item["time"]["start_ms"] - (truth_ms - 10_000)) <= item["time"]["error_ms"] <= 8 * _DAY_MS


@pytest.mark.parametrize("jump_ms", _JUMPS_MS.values(), ids=list(_JUMPS_MS))
async def test_what_came_before_the_machine_was_set_right_is_dated_right(site: Site, machine: Machine, jump_ms: int) -> None:
    machine.ahead_ms, machine.synchronised = jump_ms, False
    gateway = await site.start_with("n-1", gateway={"clock": "auto"})
    node = await site.node("n-1")
    truth_ms = machine.truth_ms()
    await node.send("report", items("report", report(0, uptime_ms=0)))
    await node.wait_acked(0)
    machine.ahead_ms, machine.synchronised = 0, True
    gateway.site.look()
    await site.fleet.wait(lambda: len(site.fleet.items) == 1)
    item = site.fleet.items["n-1", BOOT, 0]
    assert abs(item["arrived_ms"] - truth_ms) < 10_000
    assert abs(item["time"]["start_ms"] - (truth_ms - 10_000)) <= item["time"]["error_ms"] <= 8 * _DAY_MS


@pytest.mark.parametrize("jump_ms", _JUMPS_MS.values(), ids=list(_JUMPS_MS))
async def test_a_clock_that_is_believed_whatever_it_says_costs_no_report_when_it_jumps(site: Site, machine: Machine, jump_ms: int) -> None:
    gateway = await site.start_with("n-1", gateway={"clock": "system"})
    node = await site.node("n-1")
    await node.send("report", items("report", report(0)))
    await node.wait_acked(0)
    machine.ahead_ms = jump_ms
    await site.fleet.stop()
    await node.send("report", items("report", *map(report, range(1, 20))))
    await node.wait_acked(*range(20))
    await site.stop()
    machine.ahead_ms = 0
    await site.fleet.start()
    gateway = await site.start(gateway={"clock": "system"})
    await node.send("report", items("report", report(20)))
    await site.fleet.wait(lambda: len(site.fleet.items) == 21)
    assert gateway.counters["tasks.crashed"] == 0
