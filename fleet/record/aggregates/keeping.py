"""Hours that are due are made in the background, piece by piece."""

from fleet.background.held import Turn
from fleet.background.periodic import Periodic
from fleet.record.aggregates.making import PIECE, make_piece

_EVERY_S = 10.0


def _make(turn: Turn) -> bool:
    return turn.write(lambda connection: make_piece(connection, turn.now_ms)) == PIECE


HOURS = Periodic("hours", _EVERY_S, _make)
