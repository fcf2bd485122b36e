"""What a technician reads when the fleet is away or refuses a code or a token, or when the page has no port: one sentence that says what to
do, not an answer as it came."""

import asyncio
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.tests.site import Broker, configuration_document, write_configuration
from gateway.tests.test_fleet_faults import sends, served
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
    assert (code, text) == (1, "the code is wrong, used or expired -> ask an administrator for a new one\n")


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
    assert shown["fleet"]["reason"] in text


async def test_status_and_doctor_say_of_a_fleet_that_breaks_every_connection_what_to_do(config: Path, fleet: StandInFleet) -> None:
    assert (await run_command("enrol", "--config", str(config), "--code", CODE))[0] == 0
    async with served("http", sends(b"", resets=True)) as url:
        config.write_text(config.read_text().replace(fleet.url, url))
        process = await started(config)
        await status_when(config, lambda shown: (shown.get("fleet") or {}).get("state") == "fails" and len(shown["errors"]) > 1)
        (_, text), (_, doctor) = await asyncio.gather(*(run_command(name, "--config", str(config)) for name in ("status", "doctor")))
        process.send_signal(signal.SIGTERM)
        await process.wait()
    fault = f"{urlsplit(url).netloc} broke the connection before it answered"
    errors = [line for line in text.splitlines() if fault in line]
    assert len(errors) >= 2 and all(" -> it is tried again; if it goes on: check the network" in line for line in errors)
    assert f"{fault}\n" in doctor and "-> it is tried again; if it goes on: check the network" in doctor
    assert not any(word in text + doctor for word in ("Client", "Errno", "Error"))


@pytest.mark.parametrize("command", ["run", "status", "inspect", "export", "backup", "resend --from 2027-01-15T08:00Z", "doctor"])
async def test_a_state_folder_that_is_not_there_is_told_in_the_same_words_by_every_command(command: str, config: Path) -> None:
    code, text = await run_command(*command.split(), "--config", str(config))
    state = config.parent / "state"
    assert code == 1
    assert f"{state}: no such folder -> mount its disk, or make it by enrolling: airgrid-gateway enrol" in " ".join(text.split())


async def test_of_a_page_whose_port_another_program_has_doctor_and_status_say_what_to_do_while_the_gateway_runs(
    config: Path, fleet: StandInFleet
) -> None:
    assert (await run_command("enrol", "--config", str(config), "--code", CODE))[0] == 0
    with socket.create_server(("127.0.0.1", 0)) as other:
        where = f"127.0.0.1:{other.getsockname()[1]}"
        config.write_text(f"{config.read_text()}\n[web]\nport = {other.getsockname()[1]}\n")
        process = await started(config)
        tries = await status_when(config, lambda shown: shown["errors"] and shown["errors"][0]["times"] > 1)
        (_, text), (code, doctor) = await asyncio.gather(*(run_command(name, "--config", str(config)) for name in ("status", "doctor")))
    fault = f"{where}: Address already in use -> end the program that has it (ss -ltnp"
    assert [(error["place"], error["text"].startswith(fault)) for error in tries["errors"]] == [("web", True)]
    assert text.count(fault) == 1 and "Traceback" not in text
    assert code == 1 and f"FAULT local page: {fault}" in " ".join(doctor.split())
    await status_when(config, lambda shown: shown["page"]["listens"])
    assert f" local page: {where}: with the gateway, which runs" in (await run_command("doctor", "--config", str(config)))[1]
    process.send_signal(signal.SIGTERM)
    assert "Traceback" not in (await process.communicate())[1].decode()


async def test_of_a_refused_token_doctor_and_status_say_how_to_get_a_new_one(config: Path, fleet: StandInFleet) -> None:
    assert (await run_command("enrol", "--config", str(config), "--code", CODE))[0] == 0
    fleet.tokens.clear()
    process = await started(config)
    shown = await status_when(config, lambda shown: (shown.get("fleet") or {}).get("state") == "fails")
    (_, text), (_, doctor) = await asyncio.gather(*(run_command(name, "--config", str(config)) for name in ("status", "doctor")))
    process.send_signal(signal.SIGTERM)
    await process.wait()
    advice = f"ask an administrator for a new code, then: airgrid-gateway enrol --code CODE --config {config} --again"
    assert shown["fleet"]["reason"].startswith("the fleet refuses the token of this gateway -> ")
    assert f"the fleet refuses the token of this gateway -> {advice}" in text and "{" not in text
    assert "refuses the token of" in doctor and advice in doctor
