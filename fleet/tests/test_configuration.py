"""Settings that refuse unsafe values, and a state folder that is its owner's only."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fleet import state_folder
from fleet.configuration.signing import KEY_FILE, load_signing_key
from fleet.errors import StateFolderError
from fleet.options import Configuration

UNSAFE: dict[str, dict[str, Any]] = {
    "open_to_the_network_in_plain_text": {"host": "0.0.0.0"},
    "certificate_without_key": {"tls_certificate": "c.pem"},
    "another_database": {"db": "mysql://x/y"},
    "no_database": {"db": "fleet.sqlite"},
    "port_beyond_16_bits": {"port": 65536},
    "no_limit": {"waiting_writes": 0},
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
