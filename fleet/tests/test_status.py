"""What `airgrid-fleet status` says of a service that runs, that does not, and that never did; nothing is changed by the question."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.command.status import read_status
from fleet.devices.gateways import count_deliveries
from fleet.options import Configuration
from fleet.state_folder import prepare
from fleet.store.dialect import new_engine
from fleet.store.engine import newest_revision, open_store, sqlite_url
from fleet.tests.district import District
from fleet.tests.live import LiveFleet
from fleet.tests.migrations import migrate_to
from host.release import shown


@pytest.fixture
def state(tmp_path: Path) -> Path:
    prepare(tmp_path / "state")
    return tmp_path / "state"


def signs(state: Path, **options: Any) -> shown.Shown:
    return shown.from_document(read_status(Configuration(state=state, **options))[shown.KEY])


async def test_a_delivery_counts_when_it_is_committed_and_a_refused_one_does_not(district: District) -> None:
    await district.ingest()
    await district.ingest()
    assert (await district.device("POST", "ingest", {"items": 1})).status_code == 400
    assert district.service.read(count_deliveries) == 2


def test_a_state_without_a_database_has_none_and_gets_none(state: Path) -> None:
    found = signs(state)
    assert (found.started_ms, found.receipts, found.database.found) == (None, 0, None)
    assert found.database.form == newest_revision() and not (state / "fleet.sqlite").exists()


def test_a_database_of_an_older_form_is_named_and_stays_so(state: Path) -> None:
    engine = new_engine(sqlite_url(state / "fleet.sqlite"))
    migrate_to(engine, "0011")
    engine.dispose()
    assert signs(state).database.found == "0011"


def test_a_database_elsewhere_is_named_by_its_place(state: Path, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "elsewhere.sqlite")
    open_store(url).dispose()
    found = signs(state, db=url).database
    assert (found.file, found.is_readable) == (str(tmp_path / "elsewhere.sqlite"), True)
    assert signs(state, db="postgresql+psycopg://nobody@127.0.0.1:1/none").database == shown.Database(None, newest_revision(), None)


def test_a_damaged_database_is_said_to_be_unreadable(state: Path) -> None:
    (state / "fleet.sqlite").write_bytes(b"no database" * 500)
    found = read_status(Configuration(state=state))
    assert "damaged" in found["fault"] and found[shown.KEY]["database"]["found"] is None
    # What cannot be counted is not none: a trial would put an older database back.
    assert found[shown.KEY]["receipts"] is None


@pytest.mark.hil
def test_a_service_that_runs_says_since_when_and_one_that_was_killed_how_much_it_took(state: Path) -> None:
    fleet = LiveFleet(state)
    fleet.start()
    try:
        first = json.loads(fleet.command("status", "--json"))
        assert first["running"] and first[shown.KEY]["started_ms"] > 0 and first[shown.KEY]["database"]["found"] == newest_revision()
    finally:
        fleet.kill()
    after = json.loads(fleet.command("status", "--json"))
    assert (after["running"], after[shown.KEY]["started_ms"]) == (False, None)


def test_a_relative_folder_is_the_one_of_the_caller(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(sqlite_url(state / "fleet.sqlite")).dispose()
    monkeypatch.chdir(state.parent)
    assert signs(Path("state")).database == signs(state).database and signs(state).database.found == newest_revision()
