"""Six hours of one node in a minute, with everything going wrong that goes wrong: nothing is lost without a record of it, and nothing
is invented. A day: make test-deep. A week: make soak."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.simulated_time import SimulatedRun

pytestmark = [pytest.mark.hil, pytest.mark.deep]

SAMPLE_HOURS, DEEP_HOURS = 6, 24


@pytest.fixture
def run(tmp_path: Path, seed: int, deep: bool) -> Iterator[SimulatedRun]:
    made = SimulatedRun(tmp_path, seed % 100_000, DEEP_HOURS if deep else SAMPLE_HOURS)
    made.start()
    yield made
    made.stop()


def test_every_period_of_hours_of_faults_is_accounted_for_and_no_value_is_wrong(run: SimulatedRun) -> None:
    run.go()
    assert run.unaccounted() == []
    compared, wrong = run.wrong_values()
    assert wrong == []
    assert compared > run.hours * 60 * 15 / 2
    assert run.gateway.contradicting == []
    assert [reason for _, reason in run.board.boots] == ["power_cut"] * run.cuts + [None], run.board.console()
    assert len(run.gateway.boots) <= len(run.board.boots)
    assert not run.grown(), run.heap_bytes
