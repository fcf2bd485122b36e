"""The schema and the check of the node agree on the cases of the contract, but for what only the node's check can say."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs  # brought by schemathesis
import pytest

from contract import settings
from fleet.configuration.settings_schema import node_settings
from tools import settings_schema

CASES = json.loads((Path(settings.__file__).parent / "tests" / "vectors" / "settings.json").read_text(encoding="utf-8"))
WRITTEN = jsonschema_rs.Draft202012Validator(json.loads(settings_schema.DOCUMENT.read_text(encoding="utf-8")))

# What two entries may not have in common, and numbers that are limited by each other; and 1000.0, which is an integer in JSON Schema.
ONLY_THE_CHECK_SAYS = {
    "a period with a fraction",
    "registers beyond the last",
    "a quantity twice",
    "one slot twice",
    "two pms5003 on one port",
    "a pms5003 and a transmitter on one port",
    "two baud rates on one port",
    "one address twice, once by default",
    "a slot and a port twice",
}


def _id(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", CASES["good"], ids=_id)
def test_what_the_node_takes_the_schema_takes(case: dict[str, Any]) -> None:
    assert settings.faults(case["settings"]) == []
    assert [str(error) for error in WRITTEN.iter_errors(case["settings"])] == []


@pytest.mark.parametrize("case", CASES["bad"], ids=_id)
def test_what_the_schema_refuses_is_what_the_node_refuses_by_itself(case: dict[str, Any]) -> None:
    assert settings.faults(case["settings"])
    assert WRITTEN.is_valid(case["settings"]) == (case["name"] in ONLY_THE_CHECK_SAYS)


def test_every_exception_is_a_case() -> None:
    assert {case["name"] for case in CASES["bad"]} >= ONLY_THE_CHECK_SAYS


@pytest.mark.parametrize("row", settings.NUMBERS, ids=lambda row: row[0])
def test_the_edges_of_a_number_are_the_same(row: tuple[str, str, int, int, int]) -> None:
    key, _, default, least, greatest = row
    for value in (default, least - 1, least, greatest, greatest + 1):
        document = {key: value}
        assert WRITTEN.is_valid(document) == (settings.faults(document) == []), value


def test_a_default_is_the_one_that_the_node_fills_in() -> None:
    properties = node_settings()["properties"]
    whole = settings.with_defaults({})
    assert {key: rules["default"] for key, rules in properties.items() if "default" in rules} == {
        row[0]: whole[row[0]] for row in settings.NUMBERS
    }


def test_a_stale_document_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_schema, "DOCUMENT", tmp_path / "schema.json")
    assert settings_schema.main(["--check"]) == 1
    assert settings_schema.main([]) == 0
    assert settings_schema.main(["--check"]) == 0
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    assert settings_schema.main(["--check"]) == 1
