# From measuring to the session: at the end of each period a report; where the loop came too late for a period, a report that says
# so; the change from old settings to new between two of them; and shorter periods for a limited time, where a person watches an
# episode: the settings do not change, and a restart ends it. Knows neither wires nor links.

from node.periods import Periods


class Reporting:
    def __init__(self, measuring, session, period_ms: int, now: int):
        self._measuring = measuring
        self._session = session
        self._periods = Periods(period_ms, now)
        self._usual_ms = period_ms
        self._request = 0
        self._faster_ms = 0
        self._faster_until: "int | None" = None

    def next_due(self) -> int:
        due = self._periods.next_due()
        return due if self._faster_until is None else min(due, self._faster_until)

    def close(self, now: int) -> bool:
        """Reports the periods that are over; whether there was one. What was measured since the last call came, as far as anybody
        knows, in the oldest of them."""
        until = self._faster_until
        if until is None or now < until:
            return self._report_over(now)
        self._report_over(until)
        self._end_faster(until)
        self._report_over(now)
        return True

    def cut(self, period_ms: int, now: int) -> None:
        """Ends the current period here, because other settings are in force from now on."""
        self.close(now)
        self._usual_ms = period_ms
        self._cut(now)

    def faster(self, request: int, period_ms: int, duration_ms: int, now: int) -> None:
        """Periods of at most period_ms from now on, for duration_ms; a new request takes the place of the one before."""
        self.close(now)
        self._request, self._faster_ms, self._faster_until = request, period_ms, now + duration_ms
        self._cut(now)
        self._report(duration_ms, now)

    def _end_faster(self, now: int) -> None:
        self._faster_until = None
        self._cut(now)
        self._report(0, now)

    def _report(self, duration_ms: int, now: int) -> None:
        particulars = {"k": self._request, "period_ms": self._periods.period_ms, "duration_ms": duration_ms}
        self._session.event("faster", particulars, now)

    def _cut(self, now: int) -> None:
        period_ms = self._usual_ms if self._faster_until is None else min(self._usual_ms, self._faster_ms)
        last = self._periods.cut(period_ms, now)
        if last is not None:
            self._session.report(last[0], last[1], self._measuring.close_period())

    def _report_over(self, now: int) -> bool:
        over = self._periods.next_over(now)
        some = over is not None
        rows = self._measuring.close_period() if some else None
        while over is not None:
            self._session.report(over[0], over[1], rows)
            rows = self._measuring.not_measured()
            over = self._periods.next_over(now)
        return some
