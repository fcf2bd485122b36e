"""A new version with a copy of the older buffer behind it: everything is taken and forwarded, nothing is acknowledged until it is kept."""

import asyncio
import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.reception.version_trial import LONGEST_S
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.store.lanes import VERSION
from gateway.store.restored import BOOTS_SINCE
from gateway.tests.conftest import Site, until
from gateway.tests.site import BOOT, Broker, configuration_document, desired_node, items, report, write_configuration
from gateway.tests.test_killed_process import run_command, started
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet
from host.release import shown
from host.release.copy_folders import before_folder, kept_folder

RELEASE = "0.2.0-0123abcd"
pytestmark = pytest.mark.hil


async def test_nothing_is_acknowledged_until_the_copy_is_gone_and_nothing_counts_twice(site: Site) -> None:
    copy = before_folder(site.state / FILE_NAME, RELEASE)
    copy.mkdir(parents=True)
    await site.fleet.desire([desired_node("n-1")])
    await site.start()
    node = await site.node("n-1")
    await until(lambda: site.gateway.intake.key("n-1") is not None, "the node is known")
    for seq in range(3):
        await node.send("report", items("report", report(seq)))
    await site.fleet.wait(lambda: _of_the_node(site.fleet) == [0, 1, 2])
    site.gateway.reception.send_acks_now()
    await node.send("get", {"b": BOOT, "s": 5, "w": "time", "k": "nonce-1"})
    await node.wait(lambda: bool(node.of_kind("time")), what="an answer, which comes after every acknowledgement")
    assert not node.acked
    copy.rmdir()
    await until(lambda: not site.gateway.reception.withholds_acks, "the verdict is seen")
    for seq in range(3):
        await node.send("report", items("report", report(seq)))
    await node.wait_acked(0, 1, 2)
    assert _of_the_node(site.fleet) == [0, 1, 2]


async def test_without_a_verdict_the_gateway_ends_the_possibility_of_a_return_before_it_acknowledges(site: Site) -> None:
    copy = before_folder(site.state / FILE_NAME, RELEASE)
    copy.mkdir(parents=True)
    await site.fleet.desire([desired_node("n-1")])
    ahead_s = [0.0]
    site.clock = replace(site.clock, monotonic_s=lambda: time.monotonic() + ahead_s[0])
    await site.start()
    await until(lambda: site.gateway.reception.withholds_acks, "nothing is acknowledged")
    ahead_s[0] = LONGEST_S
    await until(lambda: not site.gateway.reception.withholds_acks, "the limit is seen")
    assert not copy.exists() and kept_folder(site.state / FILE_NAME, RELEASE).is_dir()


async def test_a_folder_that_people_have_named_withholds_nothing(site: Site) -> None:
    (site.state / "before-the-move").mkdir(parents=True)
    await site.fleet.desire([desired_node("n-1")])
    await site.start()
    await (await site.node("n-1")).deliver("report", items("report", report(0)), 0)


async def test_its_signs_outlive_the_process(site: Site, broker: Broker, fleet: StandInFleet, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(tmp_path / "state", fleet, broker.port))
    assert (await run_command("enrol", "--config", str(config), "--code", CODE))[0] == 0
    before = await _signs(config)
    assert (before.started_ms, before.receipts, before.database.found) == (None, 0, None)
    await fleet.desire([desired_node("n-1")])
    process = await started(config)
    await (await site.node("n-1")).deliver("report", items("report", report(0)), 0)
    async with asyncio.timeout(30):
        while not (await _signs(config)).receipts:
            pass  # asked of the buffer while it runs
    process.terminate()
    await process.wait()
    after = await _signs(config)
    assert after.started_ms is not None and after.receipts and list(after.reports) == ["node n-1"]
    assert after.database == shown.Database(str(tmp_path / "state" / FILE_NAME), str(VERSION), str(VERSION))


async def test_a_copy_that_takes_its_place_again_comes_after_every_boot_since(site: Site, broker: Broker, tmp_path: Path) -> None:
    await site.fleet.desire([desired_node("n-1")])
    await site.start()
    await (await site.node("n-1")).deliver("report", items("report", report(0)), 0)
    await site.stop()
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(site.state, site.fleet, broker.port))
    boots = _boots(site.state)
    code, text = await run_command("prepare-restored", "--config", str(config), str(site.state))
    assert code == 0, text
    assert _boots(site.state) == boots + BOOTS_SINCE


def _of_the_node(fleet: StandInFleet) -> list[int]:
    return sorted(seq for name, _, seq in fleet.items if name == "n-1")


async def _signs(config: Path) -> shown.Shown:
    code, text = await run_command("status", "--json", "--config", str(config))
    assert code == 0, text
    return shown.from_document(json.loads(text)[shown.KEY])


def _boots(state: Path) -> int:
    with closing(open_for_reading(state / FILE_NAME)) as connection:
        return int(connection.execute("SELECT boots FROM station").fetchone()[0])
