"""Hours that are due are made in the background, piece by piece, as long as there are more."""

from sqlalchemy import Connection, func, select

from fleet.background.held import Turn
from fleet.record.aggregates import due
from fleet.record.aggregates.keeping import HOURS
from fleet.record.aggregates.making import GRACE_MS, PIECE
from fleet.record.tables import aggregate_due
from fleet.tests.background_bench import Bench
from fleet.tests.district import START_MS
from fleet.tests.things import HOUR_MS
from fleet.works import PERIODIC


def _left(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(aggregate_due)).scalar_one())


def test_a_step_makes_a_piece_and_says_whether_there_is_more(bench: Bench) -> None:
    assert HOURS in PERIODIC
    hours = [(1, START_MS + number * HOUR_MS, HOUR_MS) for number in range(PIECE + 1)]
    bench.write(lambda connection: due.mark_periods(connection, hours))
    bench.time.now_ms = START_MS + PIECE * HOUR_MS + GRACE_MS
    assert HOURS.step(Turn(bench.held())) is True and bench.read(_left) == 1
    assert HOURS.step(Turn(bench.held())) is False and bench.read(_left) == 1, "the last hour is not over"
    bench.time.now_ms += HOUR_MS
    assert HOURS.step(Turn(bench.held())) is False and bench.read(_left) == 0
