"""The command: makes a state folder that is safe, hands out tokens, refuses what is unsafe."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleet.cli import app
from fleet.people import admin_tokens
from fleet.people.admin_tokens import ValidToken
from fleet.people.rights import EVERYTHING
from fleet.store.engine import open_store, sqlite_url


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def test_init_makes_everything_once(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    assert run("init", "--state", state) == (0, "ready; the signing key is new\n")
    assert run("init", "--state", state) == (0, "ready; the signing key is kept\n")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_init_makes_no_new_key_beside_an_old_database(tmp_path: Path) -> None:
    state = tmp_path / "state"
    run("init", "--state", str(state))
    (state / "configuration.key").unlink()
    code, text = run("init", "--state", str(state))
    assert code != 0 and "put that of a copy back: tar -xf COPY" in text
    assert not (state / "configuration.key").exists()


def test_a_token_is_printed_once_listed_and_revoked(tmp_path: Path) -> None:
    state = tmp_path / "state"
    run("init", "--state", str(state))
    code, token = run("token", "create", "ada", "--state", str(state))
    engine = open_store(sqlite_url(state / "fleet.sqlite"))
    with engine.connect() as connection:
        assert code == 0 and admin_tokens.admin_of(connection, token.strip(), 0) == ValidToken("ada", True, (EVERYTHING,))
    assert "ada" in run("token", "list", "--state", str(state))[1]
    assert run("token", "create", "ada", "--state", str(state))[0] != 0
    assert run("token", "revoke", "ada", "--state", str(state))[0] == 0
    with engine.connect() as connection:
        assert admin_tokens.admin_of(connection, token.strip(), 0) is None
    engine.dispose()


@pytest.mark.parametrize("arguments", [("--host", "0.0.0.0"), ("--port", "70000"), ("--db", "mysql://x")], ids=str)
def test_run_refuses_what_is_unsafe_and_names_it(tmp_path: Path, arguments: tuple[str, str]) -> None:
    run("init", "--state", str(tmp_path / "state"))
    code, output = run("run", "--state", str(tmp_path / "state"), *arguments)
    assert code != 0 and arguments[0].removeprefix("--") in output


def test_commands_refuse_a_folder_that_is_not_there(tmp_path: Path) -> None:
    missing = f"{tmp_path / 'none'}: no such folder -> mount its disk, or make it: airgrid-fleet init"
    for command in (("token", "list"), ("run",), ("backup",)):
        assert missing in run(*command, "--state", str(tmp_path / "none"))[1]
