"""A section that is added to the table of the desired document is kept, judged and signed by the fleet, and judged and planned by the
gateway, with no other line changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from contract.faults import Fault, fault_text, unknown
from contract.site import desired_names, sections
from contract.site.sections import SECTIONS, Section
from fleet.configuration import gateway_configuration
from fleet.configuration.changing import Confirmed
from fleet.errors import InvalidError
from fleet.people.audit import Act
from fleet.tests.district import District, open_district
from gateway.desired.document import SiteNames, verify
from gateway.desired.plan import Change, plan
from gateway.identity import ConfigKey, Identity

_SITE = SiteNames(frozenset(), frozenset(), frozenset())
_FLAGS = [{"flag": "red", "height_m": 3, "node": "n-1"}]


_DOCUMENT: dict[str, Any] = {section.key: section.empty for section in SECTIONS}


def _faults(flags: Any) -> list[Fault]:
    if not isinstance(flags, list):
        return [Fault((), "a list", flags)]
    return [Fault((at, "height_m"), "an integer", one["height_m"]) for at, one in enumerate(flags) if not isinstance(one["height_m"], int)]


def _unknown_keys(flags: Any) -> list[Fault]:
    return [fault for one in flags for fault in unknown(one, ("flag", "height_m", "node"))]


@pytest.fixture(autouse=True)
def _flags(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Section("flags", [], _faults, _unknown_keys, "flag", desired_names.of_calibrations, True, True)
    monkeypatch.setattr(sections, "SECTIONS", (*SECTIONS, row))


async def _change(district: District, flags: Any) -> int:
    service = district.service
    act = Act("ada", service.clock.utc_ms(), "parade")
    parts, nothing = {"flags": flags}, Confirmed([])
    made = await service.write(lambda c: gateway_configuration.change(c, act, service.signing_key, "g-1", lambda *_: parts, nothing))
    return made.version


async def test_the_fleet_keeps_judges_and_signs_it_and_the_gateway_accepts_what_was_signed(tmp_path: Path) -> None:
    async with open_district(tmp_path) as district:
        version = await _change(district, _FLAGS)
        read = district.service.read(lambda connection: gateway_configuration.read(connection, "g-1"))
        assert (read["flags"].version, read["flags"].value, read["rules"].value) == (1, _FLAGS, [])
        with pytest.raises(InvalidError, match=r"flags\[0\].height_m: an integer; flags\[0\].node: a node of gateway g-1"):
            await _change(district, [{"flag": "red", "height_m": "3", "node": "n-9"}])
        answer = (await district.device("GET", "desired")).content
        key = district.service.signing_key
        identity = Identity("g-1", "t", [ConfigKey(key.id, key.public_bytes.hex())])
        desired = verify(answer, identity, version - 1, _SITE)
        assert (desired.version, desired.document["flags"]) == (version, _FLAGS)
        changed = json.loads(answer)["document"] | {"flags": []}
        assert plan(changed, desired.document).changes == {"flags": Change(("red",), (), ())}
        assert plan(changed, desired.document).affected == {"n-1": 0}


def test_the_gateway_refuses_a_document_without_it_or_with_a_fault_in_it() -> None:
    found = sections.faults(_DOCUMENT | {"flags": [{"flag": "red", "height_m": 1.5}]})
    assert [fault_text(fault) for fault in found] == ["flags[0].height_m: an integer"]
    assert [fault_text(fault) for fault in sections.faults(_DOCUMENT)] == ["flags: a list"]
