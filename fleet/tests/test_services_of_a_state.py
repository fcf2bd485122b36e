"""One service of a state whose record is a file, several where PostgreSQL keeps it; `status` and `doctor` know where each listens."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet.command import doctor
from fleet.listening_places import FOLDER, Place, read_places, write_down
from fleet.options import Configuration
from fleet.state_folder import prepare
from fleet.store.engine import open_store, sqlite_url
from fleet.tests.broken_states import damage_bytes, damage_table
from fleet.tests.live import START_S, LiveFleet, fleet_command
from fleet.tests.postgresql import Cluster, server_programs
from host.findings import Finding
from host.state_lock import StateLock


@pytest.fixture
def state(tmp_path: Path) -> Path:
    prepare(tmp_path / "state")
    open_store(sqlite_url(tmp_path / "state" / "fleet.sqlite")).dispose()
    return tmp_path / "state"


def ports(state: Path, db: str | None = None) -> list[Finding]:
    found = doctor.findings(Configuration(state=state, db=db), 1_800_000_000_000, lambda: True)
    return [finding for finding in found if finding.subject == "port"]


@contextmanager
def running(state: Path, db: str | None = None) -> Iterator[LiveFleet]:
    fleet = LiveFleet(state, db)
    fleet.start()
    try:
        yield fleet
    finally:
        fleet.kill()


def ended(*arguments: str) -> tuple[int, str]:
    """Of `run`, which has to end by itself."""
    done = subprocess.run(fleet_command("run", "--port", "0", *arguments), capture_output=True, text=True, timeout=START_S)
    return done.returncode, done.stderr


def test_a_service_that_does_not_listen_yet_is_no_fault(state: Path) -> None:
    lock = StateLock(state)
    lock.hold()
    (port,) = ports(state)
    assert port.level == "note" and "does not listen" in port.text and port.advice
    lock.release()
    assert "free" in ports(state)[0].text


def test_a_place_counts_while_the_service_lives_that_wrote_it_down(state: Path) -> None:
    place = Place("::1", 8443, True)
    descriptor = write_down(state, place)
    assert read_places(state) == [place]
    os.close(descriptor)
    assert read_places(state) == []
    (state / FOLDER / "77").write_bytes(b"\xff")
    assert read_places(state) == []


@pytest.mark.hil
def test_a_second_service_of_a_record_in_a_file_is_refused_and_doctor_knows_where_the_first_listens(state: Path) -> None:
    with running(state) as fleet:
        code, said = ended("--state", str(state))
        assert code == 1 and "in use by a service that runs -> stop it first" in said
        (port,) = ports(state)
        where = fleet.url.removeprefix("http://")
        assert (port.level, port.text) == ("ok", f"{where}: with the service, which answers")
        assert f"running on {where}\n" in fleet.command("status")
    assert read_places(state) == []


@pytest.mark.hil
@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here")
def test_two_services_of_a_record_in_postgresql_are_both_known(tmp_path: Path, postgresql: Cluster) -> None:
    prepare(tmp_path / "state")
    db = postgresql.new_database()
    with running(tmp_path / "state", db) as one:
        with running(tmp_path / "state", db) as other:
            expected = {f"{fleet.url.removeprefix('http://')}: with the service, which answers" for fleet in (one, other)}
            assert {port.text for port in ports(tmp_path / "state", db)} == expected
        (port,) = ports(tmp_path / "state", db)
        assert one.url.removeprefix("http://") in port.text
        assert json.loads(one.command("status", "--json"))["signs"]["started_ms"] > 0


@pytest.mark.hil
@pytest.mark.parametrize("damage", [damage_bytes(0, 4096), damage_table("change")], ids=["first bytes", "list of changes"])
def test_a_service_whose_record_is_damaged_ends_with_a_sentence(damage: Callable[[Path], None], state: Path) -> None:
    damage(state)
    code, said = ended("--state", str(state))
    assert code == 1 and "Traceback" not in said and said.count("airgrid-fleet: ") == 1
    assert f"damaged -> stop the service and put back a copy: airgrid-fleet restore COPY --replace --state {state}\n" in said.replace(
        ", from its first bytes on", ""
    )
