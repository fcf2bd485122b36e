"""What `airgrid-fleet doctor` says of a service: each fault with what to do, notes that are no faults, and nothing is changed."""

import json
import socket
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.command import doctor
from fleet.configuration.signing import KEY_FILE
from fleet.options import Configuration
from fleet.state_folder import DATABASE_FILE, prepare
from fleet.store.engine import open_store, sqlite_url
from fleet.tests.certificates import write_pair
from fleet.tests.test_backup import run
from host.findings import Finding

NOW_MS = 1_800_000_000_000


@pytest.fixture
def state(tmp_path: Path) -> Path:
    prepare(tmp_path / "state")
    open_store(sqlite_url(tmp_path / "state" / DATABASE_FILE)).dispose()
    return tmp_path / "state"


def findings(state: Path, *, synchronised: bool = True, now_ms: int = NOW_MS, **options: object) -> dict[str, Finding]:
    configuration = Configuration(**{"state": state, "port": 0, **options})  # type: ignore[arg-type]
    return {found.subject: found for found in doctor.findings(configuration, now_ms, lambda: synchronised)}


def test_a_service_that_is_well_has_notes_only(state: Path) -> None:
    found = findings(state)
    assert {name: f.level for name, f in found.items() if f.level != "ok"} == {"transport": "note"}
    assert found.keys() >= {"state", "signing key", "database", "port", "transport", "clock"}


def damage_key(state: Path) -> None:
    (state / KEY_FILE).write_text("00")


def lose_key(state: Path) -> None:
    (state / KEY_FILE).unlink()


def open_to_others(state: Path) -> None:
    state.chmod(0o755)


def damage_database(state: Path) -> None:
    path = state / DATABASE_FILE
    path.write_bytes(path.read_bytes()[:4096] + bytes(8192) + path.read_bytes()[12288:])


def no_database(state: Path) -> None:
    (state / DATABASE_FILE).write_text("not one at all, but long enough to be looked at" * 10)


def newer_database(state: Path) -> None:
    connection = sqlite3.connect(state / DATABASE_FILE)
    connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("damage", "subject"),
    [
        (damage_key, "signing key"),
        (lose_key, "signing key"),
        (open_to_others, "state"),
        (damage_database, "database"),
        (no_database, "database"),
        (newer_database, "database"),
    ],
)
def test_a_fault_is_named_with_what_to_do(damage: Callable[[Path], None], subject: str, state: Path) -> None:
    damage(state)
    found = findings(state)[subject]
    assert found.level == "FAULT" and found.advice


def test_a_missing_database_is_a_note(state: Path) -> None:
    (state / DATABASE_FILE).unlink()
    assert findings(state)["database"].level == "note"


def test_a_database_that_does_not_answer_is_a_fault_without_its_password(state: Path) -> None:
    found = findings(state, db="postgresql+psycopg://fleet:d7Kq2w@127.0.0.1:1/airgrid")["database"]
    assert found.level == "FAULT" and "d7Kq2w" not in found.text + found.advice


def test_a_port_that_is_taken_is_a_fault(state: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert findings(state, port=other.getsockname()[1])["port"].level == "FAULT"


@pytest.mark.parametrize(("days", "level"), [(90, "ok"), (20, "note"), (6, "FAULT"), (-1, "FAULT")])
def test_a_certificate_is_judged_by_the_days_that_are_left(days: float, level: str, state: Path, tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path, days + 0.5)
    found = findings(state, now_ms=int(time.time() * 1000), tls_certificate=certificate, tls_key=key)["certificate"]
    assert found.level == level, found


def test_a_clock_that_nobody_sets_is_a_note_and_one_that_is_years_behind_a_fault(state: Path) -> None:
    assert findings(state, synchronised=False)["clock"].level == "note"
    assert findings(state, now_ms=0)["clock"].level == "FAULT"


def test_the_command_ends_with_1_on_a_fault_only_and_speaks_json(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:  # nobody listens on it: another service of this machine may be at the usual port
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AIRGRID_FLEET_PORT", str(free.getsockname()[1]))
    code, said = run("doctor", "--state", str(state), "--json")
    rows = json.loads(said)
    assert code == 0 and {row["level"] for row in rows} <= {"ok", "note"}, said
    lose_key(state)
    code, said = run("doctor", "--state", str(state))
    assert code == 1 and "FAULT  signing key" in said and "\n       -> " in said
