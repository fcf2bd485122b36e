"""From when on a node counts as late, and as silent: by its own period. Both pages colour by this. Pure."""

LATE_PERIODS = 2.5
SILENT_PERIODS = 10
# Never sooner: a report takes its time on the way.
FLOOR_S = 10.0


def limits_s(period_s: float) -> tuple[float, float]:
    """(late, silent): ages of the end of its last period."""
    return max(FLOOR_S, LATE_PERIODS * period_s), max(2 * FLOOR_S, SILENT_PERIODS * period_s)
