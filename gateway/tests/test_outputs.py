"""Pins of a board (of gpiozero's own mock), files, and patterns."""

from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from air.rules.facts import Switched
from gateway.outputs.configured import is_output, make_output
from gateway.outputs.pattern import is_on, next_change_s
from gateway.outputs.switchboard import Switchboard
from gateway.tests.parts import CLOCK, make_telemetry


@pytest.mark.parametrize(("words", "fits"), [
    ("gpio:17", True), ("gpio:17:low", True), ("file:/run/siren", True), ("gpio:", False), ("file:siren", False),
    ("rm -rf /", False), (17, False),
])  # fmt: skip
def test_only_words_for_outputs_are_taken(words: object, fits: bool) -> None:
    assert is_output(words) is fits


@pytest.mark.parametrize(("words", "on"), [("gpio:17", 1), ("gpio:17:low", 0)])
def test_a_pin_is_driven_the_way_its_relay_wants(words: str, on: int) -> None:
    Device.pin_factory = MockFactory()
    pin = make_output(words)
    pin.set(True)
    assert Device.pin_factory.pin(17).state == on
    pin.set(False)
    assert Device.pin_factory.pin(17).state == 1 - on
    Device.pin_factory = None


@pytest.mark.parametrize(("pattern", "at_s", "on", "next_s"), [
    ("on", 100.0, True, None), ("blink", 0.2, True, 0.3), ("blink", 0.7, False, 0.3), ("pulse", 5.5, True, 0.5), ("pulse", 3.0, False, 2.0),
])  # fmt: skip
def test_a_pattern_says_when_it_is_on_and_when_that_changes(pattern: str, at_s: float, on: bool, next_s: float | None) -> None:
    assert is_on(pattern, at_s) is on
    assert next_change_s(pattern, at_s) == (None if next_s is None else pytest.approx(next_s))


async def test_an_output_that_is_not_here_or_does_not_work_is_counted_and_the_others_are_switched(tmp_path: Path) -> None:
    telemetry = make_telemetry()
    outputs = {"broken": make_output("file:/nowhere/at/all"), "siren": make_output(f"file:{tmp_path}/siren")}
    board = Switchboard(outputs, CLOCK, telemetry)
    board.switch([Switched("broken", "on", 0), Switched("unknown", "on", 0), Switched("siren", "on", 0)])
    assert (tmp_path / "siren").read_text() == "1\n"
    assert telemetry.counters["outputs.failures"] == 2
    board.restore([])
    assert (tmp_path / "siren").read_text() == "0\n"
