# Which periods are over. They tile uptime without a gap or an overlap, end on multiples of their length, and each is returned once,
# however late the loop asks. It knows nothing of what is measured in them. Pure.


class Periods:
    def __init__(self, period_ms: int, now: int):
        self.period_ms = period_ms
        self.start = now

    def next_due(self) -> int:
        return (self.start // self.period_ms + 1) * self.period_ms

    def next_over(self, now: int) -> "tuple | None":
        """(start, duration) of the oldest period that is over and was not returned yet, or None."""
        due = self.next_due()
        return self._close(due) if due <= now else None

    def cut(self, period_ms: int, now: int) -> "tuple | None":
        """Ends the current period early, at `now`, because its length changes from here on. Ask next_over until None before."""
        last = self._close(now) if now > self.start else None
        self.period_ms = period_ms
        return last

    def _close(self, end: int) -> tuple:
        start, self.start = self.start, end
        return start, end - start
