"""Which versions an advisory is about, and that an audit which could ask nothing does not pass."""

import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools.advisories import Advisories, read
from tools.audit import NOT_ASKED, main, read_report, scripts_of, served


def _record(*events: dict[str, str], ecosystem: str = "PyPI", name: str = "Some.Thing", **more: Any) -> dict[str, Any]:
    ranges = [{"type": "SEMVER" if ecosystem == "npm" else "ECOSYSTEM", "events": list(events)}]
    return {"id": "X-1", "affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}], **more}


_TWO = _record({"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "2.0rc1"}, {"last_affected": "2.1"})
_CASES = {
    "before the fix": (_TWO, "1.1.9", True),
    "the fix": (_TWO, "1.2", False),
    "between two ranges": (_TWO, "1.9", False),
    "introduced again": (_TWO, "2.0", True),
    "the last one": (_TWO, "2.1.0", True),
    "after the last one": (_TWO, "2.1.1", False),
    "events out of order": (_record({"fixed": "3"}, {"introduced": "2"}), "2.5", True),
    "never fixed": (_record({"introduced": "1.0"}), "99", True),
    "before it was introduced": (_record({"introduced": "1.0"}), "0.9", False),
    "withdrawn": (_record({"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"), "1", False),
    "listed, in another spelling": (
        {"id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "some-thing"}, "versions": ["1.0"]}]},
        "1.0.0",
        True,
    ),
    "commits only": (
        {
            "id": "X",
            "affected": [
                {"package": {"ecosystem": "PyPI", "name": "some_thing"}, "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}
            ],
        },
        "1.0",
        False,
    ),
    "of another ecosystem": (_record({"introduced": "0"}, ecosystem="npm"), "1", False),
    "a version nobody can order": (_record({"introduced": "0"}), "latest", False),
}


@pytest.mark.parametrize(("record", "version", "affected"), _CASES.values(), ids=_CASES.keys())
def test_an_advisory_is_about_the_versions_of_its_ranges(record: dict[str, Any], version: str, affected: bool) -> None:
    assert bool(Advisories([record]).about("PyPI", "some_thing", version)) == affected


def test_records_are_read_from_folders_and_from_archives(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(_TWO))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("PyPI/two.json", json.dumps(_TWO | {"id": "X-2"}))
        archive.writestr("README", "no record")
    assert sorted(record["id"] for record in read(tmp_path)) == ["X-1", "X-2"]
    (tmp_path / "three.json").write_text("[]")
    with pytest.raises(ValueError, match=r"three\.json"):
        list(read(tmp_path))


def test_the_query_answers_as_the_service_does() -> None:
    with served(Advisories([_TWO])) as url:
        assert [_asked(url, "some-thing", version) for version in ("1.0", "1.2")] == [{"vulns": [_TWO]}, {}]


def _asked(url: str, name: str, version: str) -> Any:
    query = {"package": {"ecosystem": "PyPI", "name": name}, "version": version}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(query).encode())) as answer:
        return json.loads(answer.read())


def test_a_report_tells_what_was_skipped() -> None:
    vulnerability = {"id": "X-1", "fix_versions": ["1.2"], "aliases": [], "description": ""}
    packages = [
        {"name": "a", "version": "1.0", "vulns": [vulnerability]},
        {"name": "b", "version": "2", "vulns": []},
        {"name": "c", "skip_reason": "not found"},
    ]
    found, skipped = read_report(json.dumps({"dependencies": packages, "fixes": []}))
    assert (found, skipped) == (["a 1.0: X-1, fixed in 1.2"], ["not found"])


def test_every_script_of_the_pages_is_asked_about() -> None:
    assert {"uplot", "leaflet"} <= {name for name, _ in scripts_of(Path("package-lock.json").read_text())}


def test_a_folder_without_advisories_is_no_clean_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(str(tmp_path)) == NOT_ASKED
    assert "OSV" in capsys.readouterr().err
