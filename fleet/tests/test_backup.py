"""A copy of the fleet service put back: record, key and configuration of one moment, and the list of changes says so."""

import socket
import sqlite3
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from fleet.cli import app
from fleet.configuration.signing import KEY_FILE
from fleet.state_folder import DATABASE_FILE
from fleet.tests.live import Client, LiveFleet
from fleet.tests.postgresql import Cluster, server_programs
from host.state_lock import StateLock


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def ok(*arguments: str) -> str:
    code, text = run(*arguments)
    assert code == 0, text
    return text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The options of a service that has been set up, with a token of ada."""
    (tmp_path / "fleet.toml").write_text(f"state = '{tmp_path / 'state'}'\n")
    (tmp_path / "fleet-key.pem").write_text("key")
    ok("init", "--config", str(tmp_path / "fleet.toml"))
    ok("token", "create", "ada", "--config", str(tmp_path / "fleet.toml"))
    return tmp_path / "fleet.toml"


def tokens(file: Path) -> str:
    return ok("token", "list", "--config", str(file))


def test_record_key_and_configuration_come_back(file: Path, tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy.tar"
    assert "read back" in ok("backup", str(copy), "--config", str(file))
    key = (state / KEY_FILE).read_bytes()
    ok("token", "create", "later", "--config", str(file))
    for path in state.iterdir():
        path.unlink()
    before = file.read_bytes()
    file.write_bytes(before + b"port = 9090\n")
    (tmp_path / "fleet-key.pem").unlink()
    said = ok("restore", str(copy), "--config", str(file))
    assert "resend --from" in said and "enrol --again" in said
    assert (state / KEY_FILE).read_bytes() == key and (state / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert "ada" in tokens(file) and "later" not in tokens(file)
    assert (file.read_bytes(), (tmp_path / "fleet-key.pem").read_text()) == (before, "key")
    connection = sqlite3.connect(state / DATABASE_FILE)
    changes = connection.execute("SELECT who, reason FROM change WHERE what = 'record_restored'").fetchall()
    connection.close()
    assert len(changes) == 1 and changes[0][0] == "console" and changes[0][1].startswith("copy of 20")


def test_an_existing_state_stays_unless_asked_and_is_moved_aside(file: Path, tmp_path: Path) -> None:
    ok("backup", str(tmp_path / "copy.tar"), "--config", str(file))
    ok("token", "create", "later", "--config", str(file))
    code, text = run("restore", str(tmp_path / "copy.tar"), "--config", str(file))
    assert code != 0 and "--replace" in text and "later" in tokens(file)
    ok("restore", str(tmp_path / "copy.tar"), "--config", str(file), "--replace")
    assert "later" not in tokens(file)
    (aside,) = (tmp_path / "state").glob("replaced-*")
    assert (aside / DATABASE_FILE).exists()


def test_a_copy_of_a_gateway_or_of_another_folder_is_refused(file: Path, tmp_path: Path) -> None:
    ok("backup", str(tmp_path / "copy.tar"), "--config", str(file))
    other = tmp_path / "other.toml"
    other.write_text(f"state = '{tmp_path / 'elsewhere'}'\n")
    ok("init", "--config", str(other))
    code, text = run("restore", str(tmp_path / "copy.tar"), "--config", str(other), "--replace")
    assert code != 0 and "set the option state" in text


def test_a_copy_by_a_newer_version_is_refused(file: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "state" / DATABASE_FILE)
    connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    connection.commit()
    connection.close()
    ok("backup", str(tmp_path / "copy.tar"), "--config", str(file))
    code, text = run("restore", str(tmp_path / "copy.tar"), "--config", str(file), "--replace")
    assert code != 0 and "this version cannot use it" in text and "name another copy" in text
    assert (tmp_path / "state" / KEY_FILE).exists()


def test_with_postgresql_it_says_how_to_copy_the_database_and_shows_no_password(tmp_path: Path) -> None:
    ok("init", "--state", str(tmp_path / "state"))
    db = "postgresql+psycopg://fleet:d7Kq2w@db.example/airgrid"
    said = ok("backup", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "state"), "--db", db)
    assert "pg_dump --format=custom --file=fleet.dump postgresql://fleet@db.example/airgrid" in said and "d7Kq2w" not in said


def test_a_folder_without_a_key_is_no_fleet(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    code, text = run("backup", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "state"))
    assert code != 0 and "signing key" in text
    code, text = run("backup", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "none"))
    assert code != 0 and "airgrid-fleet init" in text


def test_a_restore_names_the_tokens_that_are_valid_again_and_holds_documents_back(file: Path, tmp_path: Path) -> None:
    copy, config = str(tmp_path / "copy.tar"), ("--config", str(file))
    assert "no documents are held back" in ok("release-documents", *config)
    ok("token", "create", "stolen", *config)
    ok("backup", copy, *config)
    ok("token", "revoke", "stolen", *config)
    said = ok("restore", copy, *config, "--replace")
    assert "valid now: ada, stolen" in said and "release-documents" in said
    code, text = run("doctor", *config)
    assert "documents" in text and "held back" in text and "release-documents" in text, code
    assert "held back" in ok("status", *config)
    assert "with their next question" in ok("release-documents", "--reason", "all is right again", *config)
    assert "held back" not in run("doctor", *config)[1] and "no documents are held back" in ok("release-documents", *config)


@pytest.mark.hil
def test_a_restored_fleet_takes_nothing_from_a_gateway_until_its_documents_are_released(tmp_path: Path) -> None:
    live = LiveFleet(tmp_path / "state")
    live.command("init")
    token = live.command("token", "create", "ada")
    live.start()
    try:
        client = Client(live.url, token)
        client.set_up()
        copied = client.desired(0).json()["document"]["version"]
        ok("backup", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "state"))
        key = client.post("nodes", {"id": "n-2", "gateway": "g-1", "site": "s-1"})["key"]
        have = client.desired(copied).json()["document"]["version"]
        assert live.stop() == 0
        ok("restore", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "state"), "--replace")
        live.start()
        # What the gateway has is greater than what the record knows, and lists n-2, which the record does not.
        assert [client.desired(of).status_code for of in (have, have, 0, copied - 1)] == [304] * 4
        health = httpx.get(f"{live.url}/healthz").json()
        assert health["documents_held_since_ms"] > 0
        for page in ("/?lang=en", "/gateways/g-1?lang=en"):
            assert "no new settings" in httpx.get(f"{live.url}{page}", follow_redirects=True, headers={"Accept-Language": "en"}).text
        client.post("nodes", {"id": "n-2", "gateway": "g-1", "site": "s-1", "key": key})
        assert client.desired(have).status_code == 304
        assert live.command("release-documents")
        document = client.desired(have).json()["document"]
        # As many changes as before have led to the very version that the gateway has.
        assert document["version"] > have and [node["node"] for node in document["nodes"]] == ["n-1", "n-2"]
        assert client.desired(document["version"]).status_code == 304
        far = client.desired(document["version"] + 7).json()["document"]
        assert (far["version"], far["nodes"]) == (document["version"] + 8, document["nodes"])
        assert httpx.get(f"{live.url}/healthz").json()["documents_held_since_ms"] is None
        acts = [change["what"] for change in client.get("changes")["items"]]
        assert acts.index("document_overtaken") < acts.index("documents_released") < acts.index("record_restored")
    finally:
        live.stop()


@pytest.mark.hil
@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here")
def test_a_record_in_postgresql_that_was_put_back_holds_documents_too(tmp_path: Path, postgresql: Cluster) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(f"state = '{tmp_path / 'state'}'\ndb = '{postgresql.new_database()}'\n")
    config = ("--config", str(file))
    ok("init", *config)
    ok("backup", str(tmp_path / "copy.tar"), *config)
    ok("restore", str(tmp_path / "copy.tar"), *config, "--replace")
    assert "held back" in run("doctor", *config)[1]
    file.write_text(f"state = '{tmp_path / 'state'}'\ndb = 'postgresql+psycopg://a:d7Kq2w@/none?host={tmp_path}'\n")
    code, text = run("restore", str(tmp_path / "copy.tar"), *config, "--replace")
    assert code != 0 and "first put the record back there" in text and "d7Kq2w" not in text


@pytest.mark.hil
def test_a_service_that_runs_is_copied_and_not_replaced(tmp_path: Path) -> None:
    live = LiveFleet(tmp_path / "state")
    live.command("init")
    live.start()
    try:
        ok("backup", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "state"))
        code, text = run("restore", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "state"), "--replace")
        assert code != 0 and "stop it first" in text
        assert StateLock(tmp_path / "state").is_held()
    finally:
        live.stop()
    ok("restore", str(tmp_path / "copy.tar"), "--state", str(tmp_path / "state"), "--replace")
    live.start()
    with socket.create_connection(("127.0.0.1", int(live.url.rpartition(":")[2])), 10):
        pass
    live.stop()
