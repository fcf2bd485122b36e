"""The real process, killed at random moments while values go up and down: every alarm is in the record once, none is lost."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from gateway.tests.conftest import Site
from gateway.tests.parts import CLOCK
from gateway.tests.site import Broker, configuration_document, desired_node, items, write_configuration
from gateway.tests.test_alarms import HIGH, LOW, alarms, measured, rule
from gateway.tests.test_killed_process import run_command, started
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet

pytestmark = pytest.mark.hil

_EPISODES = 20
_KILLS = 8


@pytest.fixture
async def config(tmp_path: Path, broker: Broker, fleet: StandInFleet) -> Path:
    config = tmp_path / "gateway.toml"
    document = configuration_document(tmp_path / "state", fleet, broker.port)
    write_configuration(config, document | {"outputs": {"siren": f"file:{tmp_path}/siren"}})
    code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
    assert code == 0, text
    return config


async def test_kill_9_at_random_moments_loses_no_alarm_and_doubles_none(site: Site, config: Path, seed: int) -> None:
    moments = random.Random(seed)
    await site.fleet.desire([desired_node("n-1")], rules=[rule()])
    node = await site.node("n-1")
    # Half an hour of the past, so that each value is judged by itself and none comes too late.
    began_ms = CLOCK.utc_ms() - 1_800_000

    async def talk() -> None:
        for seq in range(2 * _EPISODES):
            value = LOW if seq % 2 else HIGH
            await node.deliver("report", items("report", measured(seq, value, began_ms + 20_000 * seq)), seq)

    talking = asyncio.create_task(talk())
    for _ in range(_KILLS):
        process = await started(config)
        await asyncio.sleep(moments.uniform(0.02, 0.6))
        process.kill()
        await process.wait()
    process = await started(config)
    await asyncio.wait_for(talking, 120)
    expected = [("pm-high", "n-1", phase) for _ in range(_EPISODES) for phase in ("raise", "clear")]
    await site.fleet.wait(lambda: len(alarms(site)) >= len(expected), 60, "every alarm in the record")
    assert alarms(site) == expected
    assert (config.parent / "siren").read_text() == "0\n"
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 15) == 0
