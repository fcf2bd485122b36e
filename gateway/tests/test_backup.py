"""A copy of a gateway put back after its card has died: nothing that was acknowledged before the copy is lost, and nothing counts twice."""

import asyncio
import json
import sqlite3
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from gateway.identity_file import FILE_NAME as IDENTITY_FILE
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.store.restored import BOOTS_SINCE
from gateway.tests.conftest import Site
from gateway.tests.site import BOOT, Broker, Node, configuration_document, desired_node, items, report, write_configuration
from gateway.tests.test_killed_process import run_command, started
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet

pytestmark = pytest.mark.hil


@pytest.fixture
async def config(tmp_path: Path, broker: Broker, fleet: StandInFleet) -> Path:
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(tmp_path / "state", fleet, broker.port))
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
    assert code == 0, text
    return config


async def kill(process: Process) -> None:
    process.kill()
    await process.wait()


async def ok(*arguments: str) -> str:
    code, text = await run_command(*arguments)
    assert code == 0, text
    return text


async def deliver_all(node: Node, first: int, count: int) -> None:
    for seq in range(first, first + count):
        await node.send("report", items("report", report(seq)))
    await node.wait_acked(*range(first, first + count))


def lose_the_card(config: Path) -> None:
    for path in (config.parent / "state").iterdir():
        path.unlink()


def numbers(fleet: StandInFleet) -> list[int]:
    return sorted(seq for node, _, seq in fleet.items if node == "n-1")


async def test_what_was_acknowledged_before_the_copy_arrives_once(site: Site, config: Path, tmp_path: Path) -> None:
    await site.fleet.desire([desired_node("n-1")])
    node = await site.node("n-1")
    process = await started(config)
    await node.deliver("report", items("report", report(0)), 0)
    await deliver_all(node, 1, 200)
    await site.fleet.wait(lambda: len(numbers(site.fleet)) == 201)
    await site.fleet.stop()  # from here on nothing leaves the gateway
    await deliver_all(node, 201, 100)
    sending = asyncio.create_task(deliver_all(node, 301, 100))  # while the copy is made
    copy = tmp_path / "copy.tar"
    await ok("backup", str(copy), "--config", str(config))
    await sending
    await site.fleet.start()
    await site.fleet.wait(lambda: 400 in numbers(site.fleet))
    await kill(process)
    lose_the_card(config)
    config.write_text(config.read_text() + "\n# of the new card\n")
    said = await ok("restore", str(copy), "--config", str(config))
    assert "--again" in said
    assert "of the new card" not in config.read_text(), "the configuration is part of the copy"
    process = await started(config)
    await deliver_all(node, 401, 50)
    await site.fleet.wait(lambda: 450 in numbers(site.fleet))
    found = numbers(site.fleet)
    assert found == list(range(451)), "own count: none lost, none double"
    await kill(process)


async def test_what_waited_in_the_copy_is_known_to_have_been_sent_perhaps(site: Site, config: Path, tmp_path: Path) -> None:
    """Else it could be thinned, and the fleet would count it twice."""
    await site.fleet.desire([desired_node("n-1")])
    node = await site.node("n-1")
    process = await started(config)
    await node.deliver("report", items("report", report(0)), 0)
    await site.fleet.wait(lambda: numbers(site.fleet) == [0])
    await site.fleet.stop()
    await deliver_all(node, 1, 20)
    await ok("backup", str(tmp_path / "copy.tar"), "--config", str(config))
    await kill(process)
    await ok("restore", str(tmp_path / "copy.tar"), "--config", str(config), "--replace")
    connection = open_for_reading(config.parent / "state" / FILE_NAME)
    waiting, handed = (connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("unsent", "handed"))
    boots = connection.execute("SELECT boots FROM station").fetchone()[0]
    connection.close()
    assert waiting >= 20 and handed >= 1
    assert boots >= BOOTS_SINCE, "the next boot of the station comes after those since the copy"


async def test_a_gateway_that_runs_is_not_replaced(site: Site, config: Path, tmp_path: Path) -> None:
    process = await started(config)
    await ok("backup", str(tmp_path / "copy.tar"), "--config", str(config))
    code, text = await run_command("restore", str(tmp_path / "copy.tar"), "--config", str(config), "--replace")
    assert (code, "stop it first" in text) == (1, True), text
    await kill(process)


async def test_a_restore_that_was_cut_is_finished_by_the_next_start(site: Site, config: Path, tmp_path: Path) -> None:
    await site.fleet.desire([desired_node("n-1")])
    state = config.parent / "state"
    await ok("backup", str(tmp_path / "copy.tar"), "--config", str(config))
    identity = (state / IDENTITY_FILE).read_bytes()
    (state / IDENTITY_FILE).write_text("old")
    files = state / "restoring/files"
    (files / "state").mkdir(parents=True)
    (files / "configuration").mkdir()
    (files / "state" / IDENTITY_FILE).write_bytes(identity)
    (files / "state" / IDENTITY_FILE).chmod(0o600)
    (state / "restoring/commit").write_text(json.dumps({"aside": "replaced-1", "old": [IDENTITY_FILE]}))
    process = await started(config)
    await kill(process)
    assert (state / IDENTITY_FILE).read_bytes() == identity
    assert (state / "replaced-1" / IDENTITY_FILE).read_text() == "old"


async def test_a_copy_whose_token_has_been_replaced_says_so_and_is_enrolled_again(site: Site, config: Path, tmp_path: Path) -> None:
    await ok("backup", str(tmp_path / "copy.tar"), "--config", str(config))
    site.fleet.tokens = ["a newer token"]
    lose_the_card(config)
    await ok("restore", str(tmp_path / "copy.tar"), "--config", str(config))
    code, text = await run_command("doctor", "--config", str(config))
    assert code == 1 and "refuses the token" in text and "--again" in text
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
    assert code == 1 and "--again" in text
    site.fleet.enrolled.clear()  # an administrator gave a new code
    site.fleet.tokens = ["token-of-g-01"]
    assert "enrolled as g-01" in await ok("enrol", "--config", str(config), "--code", CODE, "--again")


async def test_the_code_of_another_gateway_does_not_replace_an_identity(site: Site, config: Path) -> None:
    site.fleet.enrolled.clear()
    site.fleet.gateway = "g-02"
    before = (config.parent / "state" / IDENTITY_FILE).read_bytes()
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE, "--again")
    assert code == 1 and "the code is of g-02, and this is g-01" in text
    assert (config.parent / "state" / IDENTITY_FILE).read_bytes() == before


async def test_a_copy_that_keeps_its_state_elsewhere_is_refused(config: Path, tmp_path: Path) -> None:
    await ok("backup", str(tmp_path / "copy.tar"), "--config", str(config))
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    config.write_text(config.read_text().replace(str(tmp_path / "state"), str(other)))
    code, text = await run_command("restore", str(tmp_path / "copy.tar"), "--config", str(config))
    assert code == 1 and "[gateway] state" in text
    assert {path.name for path in other.iterdir()} <= {"lock", "restoring"}


async def test_items_of_a_time_are_sent_again_and_count_once(site: Site, config: Path) -> None:
    await site.fleet.desire([desired_node("n-1")])
    node = await site.node("n-1")
    process = await started(config)
    await node.deliver("report", items("report", report(0)), 0)
    await deliver_all(node, 1, 50)
    await site.fleet.wait(lambda: len(numbers(site.fleet)) == 51)
    code, text = await run_command("resend", "--from", "2020-01-01T00:00Z", "--config", str(config))
    assert code == 1 and "stop it first" in text
    process.terminate()
    await process.wait()
    for seq in range(20, 51):
        del site.fleet.items["n-1", BOOT, seq]  # the fleet is as it was earlier
    said = await ok("resend", "--from", "2020-01-01T00:00Z", "--config", str(config))
    assert int(said.split()[0]) >= 50
    process = await started(config)
    await site.fleet.wait(lambda: numbers(site.fleet) == list(range(51)))
    await kill(process)


async def test_a_copy_made_by_a_newer_version_is_refused(site: Site, config: Path, tmp_path: Path) -> None:
    process = await started(config)
    await kill(process)
    connection = sqlite3.connect(config.parent / "state" / FILE_NAME)
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) SELECT migration_set, 'from_tomorrow', applied_at "
        "FROM _sqlite_migrations LIMIT 1"
    )
    connection.commit()
    connection.close()
    await ok("backup", str(tmp_path / "copy.tar"), "--config", str(config))
    code, text = await run_command("restore", str(tmp_path / "copy.tar"), "--config", str(config), "--replace")
    assert code == 1 and "newer version" in text
    assert (config.parent / "state" / IDENTITY_FILE).exists()
