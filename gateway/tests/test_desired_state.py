"""A desired document is kept only when it has proved itself; a cut at any write leaves the old one or the new one in force."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from contract.site.sections import SECTIONS
from gateway.desired.desired_state import MOST_STARTS
from gateway.desired.document import SiteNames
from gateway.desired.in_force import InForce, Part
from gateway.errors import DesiredError
from gateway.tests.desired_box import Box, answer, started
from gateway.tests.parts import make_telemetry
from gateway.tests.power_cuts import CUTS, PowerCutError
from gateway.tests.site import desired_node


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with started(tmp_path) as box:
        await box.desired.take(answer(1, desired_node("n-1"), desired_node("n-2")))
        yield box


_RULE = {"id": "r", "version": 1, "kind": "silent"}
_SECOND = answer(2, desired_node("n-1", 5), desired_node("n-2"), rules=[_RULE])


async def test_the_first_document_is_kept_at_once_there_is_nothing_to_return_to(box: Box) -> None:
    assert (box.desired.version, box.desired.on_trial) == (1, False)
    assert box.desired.outcome == {"version": 1, "ok": True, "faults": [], "state": "kept", "in_force": 1}
    await box.desired.take(answer(2, desired_node("n-1"), desired_node("n-2")))
    assert (box.desired.version, box.desired.on_trial) == (2, False), "nor is there when it changes nothing"


async def test_a_new_one_is_in_force_on_trial_and_kept_when_proved(box: Box) -> None:
    await box.delivers("n-1", 0)
    await box.desired.take(answer(2, desired_node("n-1", 5), desired_node("n-2")))
    assert box.desired.outcome == {"version": 2, "ok": True, "faults": [], "state": "on_trial", "in_force": 2}
    assert box.applied == [("nodes", 1), ("nodes", 2)], "only what differs is applied"
    box.receipt()
    await box.delivers("n-1", 1)
    await box.desired.decide()
    assert box.desired.on_trial, "it has yet to deliver under the new settings"
    await box.delivers("n-1", 2, settings_version=5)
    await box.desired.decide()
    assert box.desired.outcome == {"version": 2, "ok": True, "faults": [], "state": "kept", "in_force": 2}
    assert not (box.state / "desired-trial.json").exists()


async def test_one_that_silences_a_source_returns_by_itself_and_says_why(box: Box) -> None:
    await box.delivers("n-1", 0)
    await box.desired.take(_SECOND)
    box.receipt()
    box.now_s += 619.9  # the limit, and two periods of 10 s
    await box.desired.decide()
    assert box.desired.on_trial
    box.now_s += 0.2
    await box.desired.decide()
    assert box.desired.version == 1 and box.applied[-2:] == [("nodes", 1), ("rules", 1)]
    assert box.desired.outcome == {
        "version": 2,
        "ok": False,
        "state": "returned",
        "in_force": 1,
        "faults": [
            "n-1: no report with a usable value under settings version 5 within 620 s",
            "n-1: keeps settings version 5 where it took them: a node goes to greater ones only",
        ],
    }
    assert box.counters["desired.returned"] == 1


async def test_one_that_cuts_off_the_fleet_undoes_itself(box: Box) -> None:
    await box.desired.take(answer(2, desired_node("n-1"), desired_node("n-2"), settings={"uplink": "nowhere"}))
    box.now_s += 621
    await box.desired.decide()
    assert (box.desired.version, box.desired.outcome["faults"]) == (1, ["fleet: no answer within 600 s"])


async def test_what_has_returned_is_not_taken_again_also_after_a_restart(box: Box) -> None:
    await box.desired.take(_SECOND)
    box.now_s += 621
    await box.desired.decide()
    with pytest.raises(DesiredError):
        await box.desired.take(_SECOND)
    async with started(box.state) as again:
        assert (again.desired.version, again.desired.have, again.desired.outcome["state"]) == (1, 2, "returned")
        with pytest.raises(DesiredError):
            await again.desired.take(_SECOND)
        await again.desired.take(answer(3, desired_node("n-1"), settings={"x": 1}))
        assert again.desired.version == 3


async def test_sources_that_did_not_deliver_before_are_not_waited_for(box: Box) -> None:
    await box.desired.take(_SECOND)
    box.receipt()
    await box.desired.decide()
    assert (box.desired.version, box.desired.on_trial) == (2, False)


async def test_a_node_that_refuses_its_settings_does_not_make_the_whole_return(box: Box) -> None:
    await box.delivers("n-1", 0)
    await box.desired.take(answer(2, desired_node("n-1", 5), desired_node("n-2")))
    box.receipt()
    await box.refuses("n-1", 1, 5)
    await box.delivers("n-1", 2)
    await box.desired.decide()
    assert not box.desired.on_trial


async def test_a_newer_one_takes_the_place_of_one_on_trial_and_returns_to_the_last_good_one(box: Box) -> None:
    await box.desired.take(_SECOND)
    await box.desired.take(answer(3, desired_node("n-1"), desired_node("n-2"), rules=[_RULE | {"id": "s"}]))
    box.now_s += 621
    await box.desired.decide()
    assert (box.desired.version, box.desired.outcome["version"], box.desired.outcome["state"]) == (1, 3, "returned")


async def test_an_answer_to_a_question_from_before_the_trial_proves_nothing(box: Box) -> None:
    asked_s = box.now_s
    box.now_s += 1
    await box.desired.take(_SECOND)
    box.desired.receipt(asked_s)
    await box.desired.decide()
    assert box.desired.on_trial


async def test_evidence_of_a_trial_is_not_lost_to_a_newer_document_that_the_disk_does_not_take(box: Box) -> None:
    await box.delivers("n-1", 0)
    await box.desired.take(_SECOND)
    box.receipt()
    await box.delivers("n-1", 1, settings_version=5)
    (box.state / "desired-trial.json.new").mkdir()
    with pytest.raises(OSError):
        await box.desired.take(answer(3, desired_node("n-1"), rules=[_RULE | {"id": "s"}]))
    (box.state / "desired-trial.json.new").rmdir()
    await box.desired.decide()
    assert (box.desired.version, box.desired.on_trial) == (2, False)


async def test_a_restart_goes_on_with_the_trial_as_it_was(box: Box) -> None:
    await box.delivers("n-1", 0)
    await box.desired.take(_SECOND)
    await box.writer.close()
    async with started(box.state) as again:
        assert (again.desired.version, again.desired.on_trial) == (2, True)
        again.receipt()
        await again.desired.decide()
        assert again.desired.on_trial, "n-1 delivered before, and still has to"
        await again.delivers("n-1", 1, settings_version=5)
        await again.desired.decide()
        assert (again.desired.version, again.desired.outcome["state"]) == (2, "kept")


async def test_a_trial_that_is_left_behind_by_a_power_cut_after_it_was_kept_is_not_tried_again(box: Box) -> None:
    await box.desired.take(_SECOND)
    left_behind = (box.state / "desired-trial.json").read_bytes()
    box.receipt()
    await box.desired.decide()
    (box.state / "desired-trial.json").write_bytes(left_behind)
    async with started(box.state) as again:
        assert (again.desired.version, again.desired.on_trial, again.desired.outcome["state"]) == (2, False, "kept")
        assert not (box.state / "desired-trial.json").exists()


async def test_one_that_brings_the_gateway_down_returns_after_some_starts(box: Box) -> None:
    box.crash_at = 2
    with pytest.raises(PowerCutError):
        await box.desired.take(_SECOND)
    for _ in range(MOST_STARTS):
        again = Box(box.state)
        again.crash_at = 2
        with pytest.raises(PowerCutError):
            again.desired.start()
    async with started(box.state) as last:
        assert (last.desired.version, last.desired.outcome["state"]) == (1, "returned")
        assert last.desired.outcome["faults"][0] == f"gateway: started {MOST_STARTS} times under it, and never ran until it was decided"


_SOURCES = [{"source": "car", "kind": "gps", "port": "a"}]
_SOURCES_FAULT = "sources: could not be applied: RuntimeError: no such device"


async def test_one_that_a_part_could_not_take_is_not_kept_and_the_other_parts_take_it_and_its_return(box: Box) -> None:
    box.broken = "sources"
    await box.desired.take(answer(2, desired_node("n-1"), desired_node("n-2"), sources=_SOURCES, rules=[_RULE]))
    assert box.applied == [("nodes", 1), ("rules", 2)]
    assert (box.counters["desired.part_failed"], box.errors.pop_all()[0].text) == (1, f"version 2: {_SOURCES_FAULT}")
    box.receipt()
    await box.desired.decide()
    assert box.desired.on_trial
    box.broken = None
    box.now_s += 621
    await box.desired.decide()
    assert box.desired.version == 1
    assert box.desired.outcome["faults"] == ["gateway: a part of it could not take its part", _SOURCES_FAULT]
    assert box.applied[2:] == [("sources", 1), ("rules", 1)], "what was taken in part is put back too"


async def test_a_part_that_failed_is_asked_again_by_the_next_document_also_when_that_changes_another_section(box: Box) -> None:
    box.broken = "sources"
    await box.desired.take(answer(2, desired_node("n-1"), desired_node("n-2"), sources=_SOURCES, rules=[_RULE]))
    third = {"sources": _SOURCES, "rules": [_RULE | {"version": 2}]}
    await box.desired.take(answer(3, desired_node("n-1"), desired_node("n-2"), **third))
    box.receipt()
    await box.desired.decide()
    assert box.desired.on_trial, "the sources were never taken"
    box.broken = None
    await box.desired.take(answer(4, desired_node("n-1"), desired_node("n-2"), **third))
    assert box.applied == [("nodes", 1), ("rules", 2), ("rules", 3), ("sources", 4)]
    box.receipt()
    await box.desired.decide()
    assert (box.desired.version, box.desired.outcome["state"], box.desired.outcome["ok"]) == (4, "kept", True)


async def test_a_start_survives_a_part_that_fails_and_shows_it(tmp_path: Path) -> None:
    good = {"sources": _SOURCES, "rules": [_RULE]}
    async with started(tmp_path) as box:
        await box.desired.take(answer(1, desired_node("n-1"), **good))
    async with started(tmp_path, broken="sources") as again:
        assert again.applied == [("nodes", 1), ("rules", 1)]
        assert (again.desired.version, again.desired.misfits) == (1, (_SOURCES_FAULT,))
        assert again.desired.outcome == {"version": 1, "ok": False, "faults": [_SOURCES_FAULT], "state": "kept", "in_force": 1}
        again.broken = None
        await again.desired.take(answer(2, desired_node("n-1"), **good))
        assert (again.applied[2:], again.desired.misfits, again.desired.outcome["ok"]) == ([("sources", 2)], (), True)


async def test_a_pinned_document_that_the_site_no_longer_fits_runs_on_and_says_so(box: Box) -> None:
    loud = _RULE | {"outputs": [{"output": "siren"}]}
    await box.desired.take(answer(2, desired_node("n-1"), desired_node("n-2"), rules=[loud]))
    box.receipt()
    await box.desired.decide()
    misfit = "rules[0].outputs[0].output: this site has no output siren; it has none"
    async with started(box.state, SiteNames(frozenset(), frozenset(), frozenset())) as again:
        assert (again.desired.version, again.desired.misfits) == (2, (misfit,))
        assert again.desired.outcome == {"version": 2, "ok": False, "faults": [misfit], "state": "kept", "in_force": 2}
        assert misfit in again.errors.pop_all()[0].text
        with pytest.raises(DesiredError) as refused:
            await again.desired.take(answer(3, desired_node("n-1"), rules=[loud]))
        assert (refused.value.faults, again.desired.version) == ([misfit], 2)


@pytest.mark.parametrize("file", ["desired-trial.json", "desired-returned.json"])
async def test_a_damaged_file_beside_the_good_one_costs_nothing_but_itself(box: Box, file: str) -> None:
    (box.state / file).write_bytes(b"{\x00")
    async with started(box.state) as again:
        assert (again.desired.version, again.desired.on_trial) == (1, False)
        assert again.counters["desired.pinned_bad"] == 1


@pytest.mark.parametrize("proved", [True, False], ids=["kept", "returned"])
async def test_a_power_cut_at_any_write_leaves_the_old_one_or_the_new_one(tmp_path: Path, proved: bool) -> None:
    for changes in range(100):
        state = tmp_path / str(changes)
        state.mkdir()
        async with started(state) as box:
            await box.desired.take(answer(1, desired_node("n-1")))
            with CUTS.after(f"{state}/desired", changes), suppress(PowerCutError):
                await _lives_through(box, proved)
                break
        async with started(state) as again:
            assert again.desired.version in (1, 2)
            assert again.counters["desired.pinned_bad"] == 0
            with suppress(DesiredError):  # it has returned already
                await _lives_through(again, proved)
            assert (again.desired.version, again.desired.on_trial) == (2 if proved else 1, False)
    assert changes >= 7, "there were not that many writes"


async def _lives_through(box: Box, proved: bool) -> None:
    """Document 2, to its verdict."""
    if box.desired.have < 2:
        await box.desired.take(_SECOND)
    if proved:
        box.receipt()
    else:
        box.now_s += 700
    await box.desired.decide()


def test_a_section_that_no_part_of_the_gateway_applies_is_an_error_at_the_start() -> None:
    parts: dict[str, Part] = {section.key: lambda desired: None for section in SECTIONS}
    telemetry = make_telemetry()
    assert InForce(parts, telemetry).version == 0
    with pytest.raises(ValueError, match="rules"):
        InForce({key: part for key, part in parts.items() if key != "rules"}, telemetry)
    with pytest.raises(ValueError, match="flags"):
        InForce(parts | {"flags": lambda desired: None}, telemetry)
