"""A desired document on trial is judged by each instrument that the gateway reads itself, slot by slot."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.tests.desired_box import Box, answer, started
from gateway.tests.parts import CLOCK
from gateway.tests.site import desired_node


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with started(tmp_path) as box:
        await box.desired.take(answer(1, desired_node("n-1")))
        yield box


def _read(*slots: int, period_ms: int = 1000) -> list[dict[str, Any]]:
    instruments = [{"slot": slot, "part": "xy_md02", "address": slot + 1} for slot in slots]
    return [{"source": "roof", "kind": "modbus", "port": "a", "period_ms": period_ms, "instruments": instruments}]


async def _reading(box: Box) -> None:
    """Version 2 is good, and both of its instruments have values."""
    await box.desired.take(answer(2, desired_node("n-1"), sources=_read(0, 1)))
    box.receipt()
    await box.reads(0, CLOCK.utc_ms(), s0=True, s1=True)
    await box.desired.decide()
    assert (box.desired.version, box.desired.on_trial) == (2, False)
    box.now_s += 1000


# name: (what the slots show under the changed source, what is missing)
_SHOWN: dict[str, tuple[dict[str, bool], list[str]]] = {
    "values of both": ({"s0": True, "s1": True}, []),
    "a value of one": ({"s0": True, "s1": False}, ["g-01 slot 1: no report with a usable value within 604 s"]),
    "only of one": ({"s1": True}, ["g-01 slot 0: no report with a usable value within 604 s"]),
}


@pytest.mark.parametrize(("shown", "faults"), _SHOWN.values(), ids=_SHOWN.keys())
async def test_each_instrument_of_a_changed_source_has_to_deliver_what_it_did_before(
    box: Box, shown: dict[str, bool], faults: list[str]
) -> None:
    await _reading(box)
    await box.desired.take(answer(3, desired_node("n-1"), sources=_read(0, 1, period_ms=2000)))
    box.receipt()
    await box.reads(1, CLOCK.utc_ms(), **shown)
    box.now_s += 605
    await box.desired.decide()
    assert (box.desired.version, box.desired.outcome["faults"]) == (2 if faults else 3, faults)


async def test_what_an_instrument_said_of_a_period_before_proves_nothing(box: Box) -> None:
    await _reading(box)
    await box.desired.take(answer(3, desired_node("n-1"), sources=_read(0, period_ms=2000)))
    box.receipt()
    await box.reads(1, CLOCK.utc_ms() - 1000, s0=True)
    await box.desired.decide()
    assert box.desired.on_trial, "the last words of the source that was replaced"
    await box.reads(2, CLOCK.utc_ms(), s0=True)
    await box.desired.decide()
    assert not box.desired.on_trial


async def test_an_instrument_that_is_new_has_to_deliver_a_value(box: Box) -> None:
    await _reading(box)
    await box.desired.take(answer(3, desired_node("n-1"), sources=_read(0, 1, 2)))
    box.receipt()
    await box.reads(1, CLOCK.utc_ms(), s0=True, s1=True, s2=False)
    await box.desired.decide()
    assert box.desired.on_trial
    box.now_s += 605
    await box.desired.decide()
    assert box.desired.outcome["faults"] == ["g-01 slot 2: no report with a usable value within 602 s"]
