"""The real process and its commands, as a technician and systemd meet them. Killed again and again it is in test_loss.py."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.installation.install_plan import GATEWAY_USER
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.tests.conftest import Site
from gateway.tests.installed_broker import PASSWORD, InstalledBroker
from gateway.tests.site import Broker, configuration_document, desired_node, items, report, write_configuration
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet

pytestmark = pytest.mark.hil

# From util-linux.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
COMMAND = (str(Path(sys.executable).with_name("airgrid-gateway")),)


async def run_command(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=PIPE, stderr=PIPE)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, (out + err).decode()


async def started(config: Path) -> Process:
    """Running, connected to the broker; it dies with the test, however that ends."""
    process = await asyncio.create_subprocess_exec(*DIES_WITH_US, *COMMAND, "run", "--config", str(config), stdout=DEVNULL, stderr=PIPE)
    assert process.stderr is not None
    async with asyncio.timeout(30):
        async for line in process.stderr:
            if json.loads(line)["text"] == "broker connected":
                return process
    raise AssertionError("the gateway ended")


@pytest.fixture
async def config(tmp_path: Path, broker: Broker, fleet: StandInFleet) -> Path:
    """Enrolled by the command, as a technician does it."""
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(tmp_path / "state", fleet, broker.port))
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
    assert code == 0, text
    return config


async def test_status_tells_the_same_while_running_and_after(site: Site, config: Path) -> None:
    await site.fleet.desire([desired_node("n-1")])
    node = await site.node("n-1")
    process = await started(config)
    await node.deliver("report", items("report", report(0)), 0)
    await site.fleet.wait(lambda: len(site.fleet.items) == 1)
    running = await status_when(config, lambda shown: forwarded(shown) == 1 and shown["nodes"]["n-1"]["report_age_s"] is not None)
    assert running["running"] is True
    assert running["desired_version"] == 1
    assert running["nodes"]["n-1"]["report_age_s"] < 60
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 15) == 0
    after = await status_when(config, lambda shown: True)
    assert after["running"] is False
    assert after["backlog"]["waiting"] == 0
    assert after["counters"]["items.stored"] == 1
    code, text = await run_command("status", "--config", str(config))
    assert code == 0
    assert "not running" in text and "n-1" in text


async def test_a_second_gateway_on_the_same_state_is_refused(config: Path) -> None:
    process = await started(config)
    code, text = await run_command("run", "--config", str(config))
    assert code == 1
    assert "in use" in text
    process.kill()
    await process.wait()


async def test_the_doctor_finds_all_well_or_says_what_to_do(site: Site, config: Path) -> None:
    config.write_text(config.read_text().replace('clock = "system"', 'clock = "auto"'))  # nobody synchronises a machine of tests
    code, text = await run_command("doctor", "--config", str(config))
    assert (code, text.count("FAULT")) == (0, 0), text
    await site.fleet.stop()
    site.broker.stop()
    (config.parent / "state" / "identity.json").write_text("{")
    code, text = await run_command("doctor", "--config", str(config))
    assert code == 1
    assert [line.split()[1] for line in text.splitlines() if line.startswith("FAULT")] == ["enrolment:", "broker:", "fleet:"]
    assert text.count("->") == 3


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[InstalledBroker]:
    broker = InstalledBroker(tmp_path, {})
    broker.start()
    yield broker
    broker.stop()


async def test_the_doctor_beside_a_gateway_that_runs_does_not_end_its_session_at_the_broker(
    tmp_path: Path, installed: InstalledBroker, fleet: StandInFleet
) -> None:
    config = tmp_path / "gateway.toml"
    account = {"port": installed.gateway_port, "user": GATEWAY_USER, "password": PASSWORD}
    write_configuration(config, configuration_document(tmp_path / "state", fleet, 0, mqtt=account))
    assert (await run_command("enrol", "--config", str(config), "--code", CODE))[0] == 0
    process = await started(config)
    await status_when(config, lambda shown: bool(shown.get("broker_connected")))
    for _ in range(3):
        assert "the gateway, which runs, is connected" in (await run_command("doctor", "--config", str(config)))[1]
    process.send_signal(signal.SIGTERM)
    assert "broker lost" not in (await process.communicate())[1].decode()
    assert "reached" in (await run_command("doctor", "--config", str(config)))[1]


async def test_the_identity_is_its_owners_only_and_a_code_works_once(config: Path) -> None:
    identity = config.parent / "state" / "identity.json"
    assert identity.stat().st_mode & 0o777 == 0o600
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
    assert code == 1 and "enrolled already" in text
    identity.unlink()
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
    assert code == 1 and "new one" in text
    assert not identity.exists()


async def test_run_names_every_fault_of_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "bad.toml"
    config.write_text('[gateway]\nstate = "here"\n[fleet]\ntimeout_s = 0\n[mqtt]\nprot = 1883\n')
    code, text = await run_command("run", "--config", str(config))
    assert code == 2
    for named in ("gateway.state = 'here'", "fleet.url: required", "fleet.timeout_s = 0", "mqtt.prot: unknown key"):
        assert named in text


def stored(state: Path) -> set[tuple[str, str, int]]:
    if not (state / FILE_NAME).exists():
        return set()
    connection = open_for_reading(state / FILE_NAME)
    found = set(connection.execute("SELECT node, boot, seq FROM items"))
    connection.close()
    return found


def forwarded(shown: dict[str, Any]) -> int | None:
    """None until the gateway knows its node, too."""
    return shown["counters"]["items.forwarded"] if shown.get("nodes") else None


async def status_when(config: Path, ready: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            code, text = await run_command("status", "--config", str(config), "--json")
            assert code == 0, text
            shown = json.loads(text)
            if ready(shown):
                assert isinstance(shown, dict)
                return shown
