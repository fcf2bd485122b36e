# From measuring to the session: at the end of each period a report; where the loop came too late for a period, a report that says
# so; and the change from old settings to new between two of them. Knows neither wires nor links.

from node.periods import Periods


class Reporting:
    def __init__(self, measuring, session, period_ms: int, now: int):
        self._measuring = measuring
        self._session = session
        self._periods = Periods(period_ms, now)

    def next_due(self) -> int:
        return self._periods.next_due()

    def close(self, now: int) -> bool:
        """Reports the periods that are over; whether there was one. What was measured since the last call came, as far as anybody
        knows, in the oldest of them."""
        over = self._periods.next_over(now)
        some = over is not None
        rows = self._measuring.close_period() if some else None
        while over is not None:
            self._session.report(over[0], over[1], rows)
            rows = self._measuring.not_measured()
            over = self._periods.next_over(now)
        return some

    def cut(self, period_ms: int, now: int) -> None:
        """Ends the current period here, because other settings are in force from now on."""
        self.close(now)
        last = self._periods.cut(period_ms, now)
        if last is not None:
            self._session.report(last[0], last[1], self._measuring.close_period())
