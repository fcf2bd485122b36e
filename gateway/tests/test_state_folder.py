"""Files of the state folder: whole or not there; the lock; the records that `status` shows."""

import json
import logging
from pathlib import Path

import pytest

from gateway.atomic_file import replace_file
from gateway.counters import LEDGER, MEANINGS, Counters
from gateway.dating import Limits
from gateway.errors import IdentityError, StateInUseError
from gateway.health_records import ErrorLine, ErrorLog
from gateway.identity import FILE_NAME, ConfigKey, Identity, load, save
from gateway.log_lines import JsonLine
from gateway.state_lock import StateLock
from gateway.status import read_status
from gateway.store import StoreOpener

_IDENTITY = Identity("g-01", "token", [ConfigKey("k1", "ab" * 32)])


def test_a_replaced_file_has_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / "file.new").write_text("left by a crash")
    replace_file(path, b"old", 0o600)
    replace_file(path, b"new", 0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_replacement_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"


def test_an_identity_is_read_as_it_was_saved(tmp_path: Path) -> None:
    save(tmp_path, _IDENTITY)
    assert load(tmp_path) == _IDENTITY


_DAMAGED = {
    "empty": "",
    "no fields": "{}",
    "bad id": '{"gateway":"G 1","token":"t","config_keys":[{"id":"k","ed25519":"' + "ab" * 32 + '"}]}',
    "no keys": '{"gateway":"g","token":"t","config_keys":[]}',
}


@pytest.mark.parametrize("content", _DAMAGED.values(), ids=_DAMAGED.keys())
def test_a_damaged_identity_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(IdentityError, match="enrol again"):
        load(tmp_path)


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path), StateLock(tmp_path)
    assert not first.is_held()
    first.hold()
    assert second.is_held()
    with pytest.raises(StateInUseError):
        second.hold()
    first.release()
    second.hold()
    second.release()


def test_counters_go_on_from_the_last_run_and_those_of_the_ledger_are_left_to_their_transactions(tmp_path: Path) -> None:
    store = StoreOpener(tmp_path, Limits(0, 1, 1), 1 << 24).open(0).store
    counters = Counters()
    counters.add("messages.received", 5)
    counters.add("items.stored", 3)
    store.health.save(counters.changed(), [ErrorLine(1, "mqtt", "gone")], 10, {"nodes": {"n-1": {}}}, 9)
    assert counters.changed() == {}
    later = Counters()
    later.add("messages.received", 1)
    later.load(store.health.counters())
    assert later["messages.received"] == 6
    assert later["items.stored"] == 0 and "items.stored" in LEDGER
    store.close()


def test_the_last_errors_are_kept_within_their_bound(tmp_path: Path) -> None:
    counters = Counters()
    log = ErrorLog(3, counters)
    for at_ms in range(5):
        log.add(at_ms, "place", "x" * 9999)
    lines = log.take()
    assert [line.at_ms for line in lines] == [2, 3, 4]
    assert counters["errors.forgotten"] == 2
    store = StoreOpener(tmp_path, Limits(0, 1, 1), 1 << 24).open(0).store
    for _ in range(4):
        store.health.save({}, lines, 5, {}, 0)
    assert store.connection.execute("SELECT count(*) FROM errors").fetchone()[0] == 5
    store.close()


def test_a_name_that_is_not_in_the_table_cannot_be_counted() -> None:
    with pytest.raises(KeyError):
        Counters().add("made.up")
    assert all(MEANINGS.values())


def test_status_of_a_folder_that_is_new_or_spoilt_says_so(tmp_path: Path) -> None:
    shown = read_status(tmp_path, 0)
    assert (shown["running"], shown["gateway"], shown["desired_version"]) == (False, None, None)
    assert "no buffer yet" in shown["fault"]
    (tmp_path / "buffer.sqlite").write_bytes(b"garbage" * 1000)
    assert "not a database" in read_status(tmp_path, 0)["fault"]


def test_a_log_line_is_json_with_its_ids_and_its_trace() -> None:
    record = logging.makeLogRecord({"name": "gateway.x", "levelname": "INFO", "msg": "got %s", "args": ("it",), "node": "n-1"})
    line = json.loads(JsonLine().format(record))
    assert (line["level"], line["from"], line["text"], line["node"]) == ("info", "gateway.x", "got it", "n-1")
