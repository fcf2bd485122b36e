"""Settings that refuse unsafe values, and a state folder that is its owner's only."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from fleet import state_folder
from fleet.command.configured import configured
from fleet.configuration.signing import KEY_FILE, load_signing_key
from fleet.errors import ConfigurationError, StateFolderError
from fleet.options import Configuration

UNSAFE: dict[str, dict[str, Any]] = {
    "open_to_the_network_in_plain_text": {"host": "0.0.0.0"},
    "certificate_without_key": {"tls_certificate": "c.pem"},
    "another_database": {"db": "mysql://x/y"},
    "no_database": {"db": "fleet.sqlite"},
    "port_beyond_16_bits": {"port": 65536},
    "no_limit": {"waiting_writes": 0},
    "password_as_in_an_example": {"db": "postgresql+psycopg://fleet:<password>@db/fleet"},
    "password_as_it_is_shown": {"db": "postgresql+psycopg://fleet:***@db/fleet"},
    "password_of_nobody": {"db": "postgresql+psycopg://fleet@db/fleet?password=ChangeMe1!"},
    "unknown": {"hots": "127.0.0.1"},
}


@pytest.mark.parametrize("given", UNSAFE.values(), ids=UNSAFE.keys())
def test_unsafe_values_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Configuration(state=Path("s"), **given)


def test_safe_ways_to_be_reached_are_taken() -> None:
    for safe in ({"host": "::1"}, {"host": "localhost"}, {"host": "0.0.0.0", "behind_tls_proxy": True}):
        Configuration(state=Path("s"), **safe)


def test_the_environment_is_read_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRGRID_FLEET_PORT", "9000")
    assert Configuration(state=Path("s")).port == 9000
    assert Configuration(state=Path("s"), port=9001).port == 9001


def test_without_a_database_url_it_is_a_file_in_the_state_folder() -> None:
    assert Configuration(state=Path("/var/lib/x")).database_url == "sqlite:////var/lib/x/fleet.sqlite"


DATABASE = "postgresql+psycopg://fleet@db/fleet"


def password_file(folder: Path, content: bytes, mode: int = 0o640) -> Path:
    path = folder / "password"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", [b"a@b:c/d%20 e", b"a@b:c/d%20 e\n"])
def test_the_password_of_the_database_stands_in_a_file_as_it_is(content: bytes, tmp_path: Path) -> None:
    configuration = Configuration(state=Path("s"), db=DATABASE, db_password_file=password_file(tmp_path, content))
    assert make_url(configuration.database_url).password == "a@b:c/d%20 e"


def test_in_the_url_too_it_may_begin_like_a_variable() -> None:
    Configuration(state=Path("s"), db="postgresql+psycopg://fleet:$4Kq7w@db/fleet")


@pytest.mark.parametrize(
    ("content", "mode", "db", "says"),
    [
        (b"d7Kq2w", 0o644, DATABASE, "may be read by others: chmod o="),
        (b"", 0o600, DATABASE, "one line"),
        (b"d7Kq2w\nd7Kq2w\n", 0o600, DATABASE, "one line"),
        (b"\xff", 0o600, DATABASE, "UTF-8"),
        (b"changeme", 0o600, DATABASE, "no secret"),
        (b"d7Kq2w", 0o600, None, "only a database server has a password"),
        (b"d7Kq2w", 0o600, "sqlite:////x", "only a database server has a password"),
        (b"d7Kq2w", 0o600, "postgresql+psycopg://fleet:d7Kq2w@db/fleet", "stands in db already"),
        (b"d7Kq2w", 0o600, "postgresql+psycopg://fleet@db/fleet?password=d7Kq2w", "stands in db already"),
        (None, 0o600, DATABASE, "No such file"),
    ],
)
def test_a_password_file_that_cannot_be_is_refused_without_its_content(
    content: bytes | None, mode: int, db: str | None, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "none" if content is None else password_file(tmp_path, content, mode)
    with pytest.raises(ConfigurationError) as refused:
        configured(Path("s"), db, db_password_file=path)
    assert says in str(refused.value) and "d7Kq2w" not in str(refused.value)


def test_folder_and_key_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert state_folder.prepare(folder)
    assert (folder.stat().st_mode & 0o777, (folder / KEY_FILE).stat().st_mode & 0o777) == (0o700, 0o600)


def test_preparing_again_keeps_the_key(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    state_folder.prepare(folder)
    first = load_signing_key(folder).id
    assert not state_folder.prepare(folder)
    assert load_signing_key(folder).id == first


def test_a_folder_or_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    state_folder.prepare(folder)
    (folder / KEY_FILE).chmod(0o644)
    with pytest.raises(StateFolderError):
        load_signing_key(folder)
    folder.chmod(0o750)
    with pytest.raises(StateFolderError):
        state_folder.check(folder)


def test_a_damaged_or_missing_key_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    state_folder.prepare(folder)
    (folder / KEY_FILE).write_text("zz\n")
    with pytest.raises(StateFolderError):
        load_signing_key(folder)
    (folder / KEY_FILE).unlink()
    with pytest.raises(StateFolderError):
        load_signing_key(folder)
