"""What is no document of the fleet for this gateway changes nothing; the verdict on the newest one is not lost to an older."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import DesiredError
from gateway.tests.desired_box import Box, answer, started
from gateway.tests.site import desired_node

_RULE = {"id": "r", "version": 1, "kind": "silent"}
_SECOND = answer(2, desired_node("n-1", 5), desired_node("n-2"), rules=[_RULE])


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with started(tmp_path) as box:
        await box.desired.take(answer(1, desired_node("n-1"), desired_node("n-2")))
        yield box


_MADE_UP = {
    "garbage": b"\x00" * 100,
    "of another gateway": answer(9_000, gateway="g-02"),
    "absurdly far ahead": answer(2_000_000_000),
    "an older one": answer(1, desired_node("n-1"), rules=[_RULE]),
    "in UTF-16": _SECOND.decode().encode("utf-16"),
    "of another key": _SECOND.replace(b'"version": 2', b'"version": 3'),
}


@pytest.mark.parametrize("made_up", _MADE_UP.values(), ids=_MADE_UP.keys())
async def test_what_the_fleet_did_not_issue_to_this_gateway_changes_nothing(box: Box, made_up: bytes) -> None:
    await box.desired.take(_SECOND)
    before = _everything(box)
    with pytest.raises(DesiredError):
        await box.desired.take(made_up)
    told = box.desired.outcome
    assert (told["version"], told["state"], told["ok"], told["in_force"]) == (2, "refused", False, 2) and told["faults"]
    assert box.desired.news.is_set(), "it is reported"
    box.desired.news.clear()
    with pytest.raises(DesiredError):
        await box.desired.take(made_up)
    assert not box.desired.news.is_set(), "once"
    box.desired.nothing_newer()
    assert _everything(box) == before and box.desired.news.is_set()
    assert box.counters["desired.refused"] == 2
    await box.desired.take(answer(3, desired_node("n-1"), rules=[_RULE | {"id": "s"}]))
    assert box.desired.version == 3, "the next one is taken as ever"


def _everything(box: Box) -> tuple[object, ...]:
    files = {path.name: path.read_bytes() for path in box.state.glob("desired*")}
    return box.desired.have, box.desired.version, box.desired.on_trial, box.desired.outcome, list(box.applied), files


_REFUSED = answer(3, desired_node("n-1"), rules=[{"id": "r"}])


@pytest.mark.parametrize("proved", [True, False])
async def test_the_verdict_on_the_newest_document_is_not_overwritten_by_one_on_an_older(box: Box, proved: bool) -> None:
    await box.delivers("n-1", 0)
    await box.desired.take(_SECOND)
    with pytest.raises(DesiredError):
        await box.desired.take(_REFUSED)
    verdict = box.desired.outcome
    assert (verdict["version"], verdict["state"], verdict["ok"], verdict["in_force"]) == (3, "refused", False, 2)
    box.desired.news.clear()
    if proved:
        box.receipt()
        await box.delivers("n-1", 1, settings_version=5)
    box.now_s += 0 if proved else 621
    await box.desired.decide()
    assert not box.desired.on_trial
    assert box.desired.outcome == verdict | {"in_force": 2 if proved else 1}
    assert box.desired.news.is_set(), "what is in force is reported all the same"
