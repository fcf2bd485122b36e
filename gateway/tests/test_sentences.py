"""What a technician reads when the fleet is away, or refuses his code: one sentence that says what to do, not an answer as it came."""

import asyncio
import signal
from pathlib import Path

import pytest

from gateway.tests.site import Broker, configuration_document, write_configuration
from gateway.tests.test_killed_process import run_command, started, status_when
from hil_tests.stand_in_fleet.fleet import CODE, StandInFleet

pytestmark = pytest.mark.hil


@pytest.fixture
def config(tmp_path: Path, broker: Broker, fleet: StandInFleet) -> Path:
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(tmp_path / "state", fleet, broker.port))
    return config


async def test_a_wrong_code_is_answered_by_one_line(config: Path) -> None:
    code, text = await run_command("enrol", "--config", str(config), "--code", "WRONG")
    assert (code, text) == (1, "the code is wrong, used or expired: ask an administrator for a new one\n")


async def test_status_says_of_a_fleet_that_is_away_what_the_doctor_says(config: Path, fleet: StandInFleet) -> None:
    assert (await run_command("enrol", "--config", str(config), "--code", CODE))[0] == 0
    process = await started(config)
    await status_when(config, lambda shown: (shown.get("fleet") or {}).get("state") == "answers")
    await fleet.stop()
    shown = await status_when(config, lambda shown: (shown.get("fleet") or {}).get("state") == "away")
    (_, text), (_, doctor) = await asyncio.gather(*(run_command(name, "--config", str(config)) for name in ("status", "doctor")))
    process.send_signal(signal.SIGTERM)
    await process.wait()
    fault, arrow, advice = shown["fleet"]["reason"].partition(" -> ")
    assert arrow and "takes no connection" in fault and "Client" not in text
    assert fault in doctor and advice in doctor
    assert shown["fleet"]["reason"] in " ".join(text.split())  # however the terminal breaks it


@pytest.mark.parametrize("command", ["run", "status", "inspect", "export", "backup", "resend --from 2027-01-15T08:00Z", "doctor"])
async def test_a_state_folder_that_is_not_there_is_told_in_the_same_words_by_every_command(command: str, config: Path) -> None:
    code, text = await run_command(*command.split(), "--config", str(config))
    state = config.parent / "state"
    assert code == 1
    assert f"{state}: no such folder -> mount its disk, or make it by enrolling: airgrid-gateway enrol" in " ".join(text.split())
