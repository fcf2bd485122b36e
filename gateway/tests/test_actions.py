"""What comes of facts: what cannot be stored for long is bounded and counted, and the outputs are switched all the same."""

from pathlib import Path

from air.rules.facts import DataAgain, Fact, Subject, Switched
from gateway.evaluation.actions import Actions
from gateway.evaluation.faster import FasterRequests
from gateway.outputs.configured import make_output
from gateway.outputs.hooks import Hooks
from gateway.outputs.switchboard import Switchboard
from gateway.tests.parts import CLOCK, make_telemetry


def test_events_that_no_disk_takes_are_bounded_and_outputs_do_not_wait_for_them(tmp_path: Path) -> None:
    telemetry = make_telemetry()
    counters = telemetry.counters
    board = Switchboard({"siren": make_output(f"file:{tmp_path}/siren")}, CLOCK, telemetry)
    actions = Actions(board, Hooks({}, telemetry), FasterRequests(), counters, CLOCK)
    facts: list[Fact] = [DataAgain("r", 1, Subject("n-1", 0, 6), number, number) for number in range(1500)]
    actions.perform([*facts, Switched("siren", "on", 0)])
    assert (tmp_path / "siren").read_text() == "1\n"
    assert (len(actions.pending), counters["rules.untold"]) == (1000, 500)
    assert actions.pending[0]["at_ms"] == 500, "the newest stay"
    actions.stored(1000)
    assert actions.pending == []
