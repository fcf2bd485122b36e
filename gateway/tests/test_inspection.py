"""Looking into the buffer and taking values out of it, beside a gateway that writes."""

import csv
import io
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contract import messages, quality, quantities
from gateway.command.cli import app
from gateway.command.export import only_when_whole
from gateway.command.status_text import print_status
from gateway.error_log import ErrorLine
from gateway.errors import NEW_CODE, StoreError
from gateway.items import BadItem, Row
from gateway.store.delivery.batch import Verdict
from gateway.store.export import ExportFilter, lines, write_csv
from gateway.store.inspection import inspect_buffer
from gateway.store.site.dating import Limits
from gateway.store.store import Store, StoreOpener
from gateway.version import VERSION

_BOOT = "0000000100000001"
_START_MS = 1_800_000_000_000
_LIMITS = Limits(1000, 100, 86_400_000)
_ALL = ExportFilter(None, 0, 1 << 62)


def _report(seq: int, node: str = "n-1") -> Row:
    start_ms = _START_MS + 10_000 * seq
    rows = [[0, 1, quality.OK, 10, 1234, 1200, 1300], [1, 2, quality.NO_REPLY, 0]]
    body = messages.write({"q": seq, "s": 10_000 * seq, "d": 10_000, "c": 0, "ch": rows, "u": start_ms, "e": 20})
    return Row(node, _BOOT, seq, "report", start_ms + 10_000, 10_000 * seq, 10_000, start_ms, 20, body)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = StoreOpener(tmp_path, _LIMITS, 1 << 24, "gw-east").open(_START_MS).store
    yield store
    store.close()


def _lines(folder: Path, wanted: ExportFilter = _ALL) -> list[dict[str, Any]]:
    return list(lines(folder, _LIMITS, wanted, lambda reached, last: None))


def test_every_value_is_a_line_in_its_unit_and_no_data_has_its_reason(store: Store, tmp_path: Path) -> None:
    store.buffer.commit([_report(0)], [], 0)
    good, missing = _lines(tmp_path)
    assert (good["quantity"], good["unit"], good["quality"], good["n"]) == (quantities.key(1), quantities.unit(1), "ok", 10)
    assert [good[name] * quantities.scale(1) for name in ("mean", "min", "max")] == pytest.approx([1234, 1200, 1300])
    assert (missing["quality"], missing["n"], missing["mean"]) == ("no_reply", 0, None)
    assert (good["start_utc"], good["error_ms"], good["how"]) == ("2027-01-15T08:00:00.000+00:00", 20, "node")


def test_only_what_is_wanted_is_written(store: Store, tmp_path: Path) -> None:
    store.buffer.commit([_report(seq, node) for node in ("n-1", "n-2") for seq in range(5)], [], 0)
    wanted = ExportFilter("n-2", _START_MS + 10_000, _START_MS + 30_000)
    assert [(line["node"], line["seq"]) for line in _lines(tmp_path, wanted)] == [("n-2", 1), ("n-2", 1), ("n-2", 2), ("n-2", 2)]


def test_summaries_are_written_as_what_they_stand_for(store: Store, tmp_path: Path) -> None:
    store.buffer.commit([_report(seq) for seq in range(400)], [], 0)
    store.eviction.thinning.thin_reports(_START_MS)
    found = _lines(tmp_path, ExportFilter("n-1", 0, _START_MS + 1))
    assert {line["of"] for line in found} == {"summary of 360"}
    assert [(line["n"], line["duration_ms"]) for line in found] == [(3600, 3_600_000), (0, 3_600_000)]


def test_inspect_tells_lanes_nodes_gaps_and_refusals_while_the_gateway_writes(store: Store, tmp_path: Path) -> None:
    bad = BadItem("n-1", _BOOT, 900, "report", 0, "d: required", b"{}")
    store.buffer.commit([_report(seq) for seq in range(400)], [bad], 7)
    store.eviction.thinning.thin_reports(_START_MS)
    store.connection.execute("BEGIN IMMEDIATE")
    shown = inspect_buffer(tmp_path)
    store.connection.execute("ROLLBACK")
    assert {name: lane["waiting"] for name, lane in shown["lanes"].items()} == {"reports": 40, "summaries": 1}
    assert (shown["nodes"]["n-1"]["stored"], shown["nodes"]["n-1"]["boots"]) == (40, 1)
    assert shown["lost"] == {"thinned": {"gaps": 1, "items": 360}, "bad_item": {"gaps": 1, "items": 1}}
    assert shown["refused"] == {"d: required": {"items": 1, "newest_ms": 7}}
    assert shown["sizes"]["wal_bytes"] > 0 and "unsure_arrivals" in shown["migrations"]
    store.outbox.settle(store.outbox.next_batch(1, 1 << 20, extras=False), [Verdict("accepted")], gaps_taken=False, now_ms=1)
    store.delivery.save_now()
    assert inspect_buffer(tmp_path)["lanes"]["reports"]["waiting"] == 39


def test_without_a_buffer_both_say_so(tmp_path: Path) -> None:
    for look in (lambda: inspect_buffer(tmp_path), lambda: _lines(tmp_path)):
        with pytest.raises(StoreError, match="no buffer yet"):
            look()


def _config(folder: Path) -> str:
    config = folder / "gateway.toml"
    config.write_text(f'[gateway]\nstate = "{folder}"\n[fleet]\nurl = "https://fleet.example"\n')
    return str(config)


def test_the_commands_write_csv_ndjson_and_json(store: Store, tmp_path: Path) -> None:
    store.buffer.commit([_report(seq) for seq in range(3)], [], 0)
    config, run = _config(tmp_path), CliRunner()
    rows = list(csv.DictReader(io.StringIO(run.invoke(app, ["export", "--config", config]).stdout)))
    assert len(rows) == 6 and rows[0]["quality"] == "ok"
    found = run.invoke(
        app, ["export", "--config", config, "--format", "ndjson", "--from", "2027-01-15T08:00:10Z", "--to", "2027-01-15T08:00:20Z"]
    )
    assert [json.loads(line)["seq"] for line in found.stdout.splitlines()] == [1, 1]
    out = tmp_path / "out.csv"
    ended = run.invoke(app, ["export", "--config", config, "--out", str(out)])
    assert ended.exit_code == 0
    assert "6 lines, from 2027-01-15T08:00:00" in ended.stderr and str(out) in ended.stderr
    assert len(out.read_text().splitlines()) == 7
    assert run.invoke(app, ["export", "--config", config, "--out", str(out)]).exit_code == 2, "it is there already"
    assert run.invoke(app, ["export", "--config", config, "--out", str(out), "--force"]).exit_code == 0
    assert json.loads(run.invoke(app, ["inspect", "--config", config, "--json"]).stdout)["nodes"]["n-1"]["stored"] == 3
    assert "reports" in run.invoke(app, ["inspect", "--config", config]).stdout
    assert run.invoke(app, ["export", "--config", config, "--from", "yesterday"]).exit_code == 2


def test_inspect_shows_whole_moments_in_80_columns_and_says_none(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    config, run = _config(tmp_path), CliRunner()
    assert "nodes: none" in run.invoke(app, ["inspect", "--config", config]).stdout
    store.buffer.commit([_report(seq) for seq in range(3)], [], 0)
    shown = run.invoke(app, ["inspect", "--config", config]).stdout
    assert re.search(r"n-1 .*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown), shown
    assert max(map(len, shown.splitlines()[1:])) <= 80 and "_ms" not in shown


def test_keys_fit_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    shown = CliRunner().invoke(app, ["keys"]).stdout
    assert "budget_bytes" in shown and max(len(line) for line in shown.splitlines() if line.startswith("      ")) <= 60


def test_status_leads_with_alarms_and_outputs_that_are_on(capsys: pytest.CaptureFixture[str]) -> None:
    alarm = {"rule": "pm-high", "severity": "high", "node": "n-1", "since_ms": 1_800_000_000_000, "data_missing": False}
    backlog = {"waiting": 0, "oldest_age_s": None, "bytes": 5_000_000}
    empty: dict[str, object] = {key: {} for key in ("desired_misfits", "nodes", "sources", "counters", "errors")}
    shown = {
        "gateway": "gw",
        "running": True,
        "desired_version": 1,
        "fleet": None,
        "backlog": backlog,
        "clock": None,
        "data": None,
        **empty,
    }
    print_status(shown | {"alarms": [alarm], "outputs": {"siren": "on", "lamp": None}})
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("ALARM pm-high (high) since 2027-01-15T08:00:00+00:00: node n-1")
    assert lines[2] == "OUTPUT siren is on: on" and "5.0 MB" in "".join(lines)
    print_status(shown | {"alarms": [], "outputs": {}})
    assert capsys.readouterr().out.splitlines()[1] == "no alarm is open"


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"{VERSION}\n"


# name: (options, exit code, a word of what is said)
_NOTHING: dict[str, tuple[list[str], int, str]] = {
    "an unknown node": (["--node", "n-9"], 1, "nothing of n-9; it has n-1"),
    "a time without values": (["--from", "2028-01-01T00:00Z"], 1, "no value of that time"),
    "a time without an offset": (["--from", "2027-01-15T08:00"], 2, "has no offset: of UTC it is 2027-01-15T08:00:00Z"),
    "a time that ends before it begins": (["--from", "2027-02-01T00:00Z", "--to", "2027-01-01T00:00Z"], 2, "not later than"),
}


@pytest.mark.parametrize(("options", "code", "words"), _NOTHING.values(), ids=_NOTHING.keys())
def test_an_export_of_nothing_says_why(store: Store, tmp_path: Path, options: list[str], code: int, words: str) -> None:
    store.buffer.commit([_report(0)], [], 0)
    ended = CliRunner().invoke(app, ["export", "--config", _config(tmp_path), *options])
    assert ended.exit_code == code
    assert words in " ".join(ended.output.replace("│", " ").split())
    out = tmp_path / "out.csv"
    for content in (None, "an older export"):
        if content:
            out.write_text(content)
        run = ["export", "--config", _config(tmp_path), *options, "--out", str(out), "--force"]
        assert CliRunner().invoke(app, run).exit_code == code
        assert (out.read_text() if out.exists() else None) == content
    assert not list(tmp_path.glob("*.part"))


def test_an_export_that_fails_in_the_middle_leaves_no_file(store: Store, tmp_path: Path) -> None:
    store.buffer.commit([_report(seq) for seq in range(3)], [], 0)
    out = tmp_path / "out.csv"

    def failing(reached: int, last: int) -> None:
        raise StoreError("damaged")

    with pytest.raises(StoreError), only_when_whole(out) as file:
        write_csv(lines(tmp_path, _LIMITS, _ALL, failing), file)
    assert not out.exists() and not list(tmp_path.glob("*.part"))


def test_an_export_to_a_device_goes_into_it(store: Store, tmp_path: Path) -> None:
    store.buffer.commit([_report(0)], [], 0)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        run = ["export", "--config", _config(tmp_path), "--out", str(pipe), "--force"]
        assert CliRunner().invoke(app, run).exit_code == 0
        assert len(read.result(30).splitlines()) == 3
    assert pipe.is_fifo()


def test_status_folds_equal_errors_and_completes_the_command_that_they_advise(store: Store, tmp_path: Path) -> None:
    said = [ErrorLine(_START_MS + at, "uplink", f"refused -> {NEW_CODE}") for at in range(3)]
    store.health.save({}, said, 100, {}, _START_MS)
    config = _config(tmp_path)
    shown = " ".join(CliRunner().invoke(app, ["status", "--config", config]).stdout.split())
    assert shown.count("refused ->") == 1 and "uplink (3 times since 2027-01-15T08:00:00" in shown
    assert f"--config {config} --again" in shown
