"""Every key that people may be shown has a name in both languages, and no other file keeps such a copy."""

import re
from pathlib import Path

import pytest

from contract.quantities import ID, QUANTITIES
from contract.site import device_api, display_names, qualities

_CHECKOUT = Path(__file__).parents[3]
_LOSS = re.compile(r'record_gaps\(.*"(\w+)"|"why": "(\w+_full)"')
_TABLES = {name: getattr(display_names, name) for name in ("QUANTITIES", "QUALITIES", "TIMES", "REFUSALS", "LOSSES")}


def test_every_quantity_quality_and_loss_has_a_name() -> None:
    assert list(display_names.QUANTITIES) == list(ID)
    assert list(display_names.QUALITIES) == list(qualities.KEYS.values())
    sources = [path for folder in ("gateway", "firmware/node") for path in (_CHECKOUT / folder).rglob("*.py") if "tests" not in path.parts]
    reasons = {one or other for path in sources for one, other in _LOSS.findall(path.read_text(encoding="utf-8"))}
    assert reasons == set(display_names.LOSSES)


def test_every_refusal_and_dating_of_the_device_api_has_a_name() -> None:
    assert set(display_names.REFUSALS) == {*device_api.ITEM_REFUSALS, *device_api.PART_REFUSALS}
    assert set(display_names.TIMES) == set(device_api.DATINGS)


@pytest.mark.parametrize("table", _TABLES)
def test_every_name_stands_in_every_language(table: str) -> None:
    assert all(len(names) == len(display_names.LANGUAGES) and all(names) for names in _TABLES[table].values())
    for place in range(len(display_names.LANGUAGES)):
        assert len({names[place] for names in _TABLES[table].values()}) == len(_TABLES[table]), "two keys of one name"


def test_every_unit_that_is_written_otherwise_is_a_unit_of_the_contract() -> None:
    assert set(display_names.UNITS) <= {row[2] for row in QUANTITIES}
    assert display_names.unit("ppb") == "ppb" and display_names.unit("ug/m3") == "µg/m³"


def test_no_other_file_keeps_names() -> None:
    telling = [
        names[0]
        for table in (display_names.QUANTITIES, display_names.QUALITIES)
        for names in table.values()
        if re.search("[\u4e00-\u9fff]{3}", names[0])
    ]
    kept = [
        path.relative_to(_CHECKOUT).as_posix()
        for folder in ("contract", "air", "gateway", "fleet", "technician")
        for path in (_CHECKOUT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".html", ".po") and "vendor" not in path.parts and "tests" not in path.parts
        if sum(name in path.read_text(encoding="utf-8") for name in telling) > 2
    ]
    assert kept == ["contract/site/display_names.py"]
