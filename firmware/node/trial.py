# New settings on trial: they stay when a report that was made under them has reached the gateway, and has a usable value if there were
# any before; when that takes too long the old ones return. Stands between the reporting and the session, to see every report; knows
# no flash (settings_store.py) and obeys nothing.

from contract import quality

# The words of the device API for what becomes of a version.
KEPT, RETURNED = "kept", "returned"


class Trial:
    def __init__(self, session):
        self._session = session
        self._until: "int | None" = None
        self._limit_s = 0
        self._needs_usable = False
        self._seen_usable = False
        self._seq: "int | None" = None
        self.why = ""

    def start(self, limit_s: int, needs_usable: bool, now: int) -> None:
        self._until = now + limit_s * 1000
        self._limit_s = limit_s
        self._needs_usable = needs_usable
        self._seq = None

    def end(self) -> None:
        """The settings in force are others, or no longer on trial."""
        self._until = self._seq = None

    def was_usable(self) -> bool:
        """Whether a report of this boot had a usable value."""
        return self._seen_usable

    def report(self, start: int, duration_ms: int, rows: list) -> None:
        usable = any(row[2] in quality.USABLE for row in rows)
        self._seen_usable = self._seen_usable or usable
        seq = self._session.report(start, duration_ms, rows)
        if self._until is None or (self._needs_usable and not usable):
            return
        # One at a time: the oldest that can still be acknowledged. Waiting for the newest could be waiting for ever.
        session, waited_for = self._session, self._seq
        if waited_for is None or not (session.is_waiting(waited_for) or session.was_acknowledged(waited_for)):
            self._seq = seq
            session.expect(seq)

    def event(self, key: str, particulars: dict, now: int) -> int:
        return self._session.event(key, particulars, now)

    def next_action(self, now: int) -> "str | None":
        """KEPT, or RETURNED with `why`, once each; None: nothing yet."""
        if self._until is None:
            return None
        if self._seq is not None and self._session.was_acknowledged(self._seq):
            self.end()
            return KEPT
        if now < self._until:
            return None
        reported = self._seq is not None
        self.end()
        what = "report was acknowledged" if reported else "usable value was reported" if self._needs_usable else "report was made"
        self.why = "no %s in %d s" % (what, self._limit_s)
        return RETURNED
