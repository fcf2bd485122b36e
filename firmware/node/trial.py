# New settings on trial: they stay when a report that was made under them has reached the gateway, and has a usable value if there were
# any before; when that takes too long the old ones return. Stands between the reporting and the session, to see every report; knows
# no flash (settings_store.py) and obeys nothing.
#
#            STARTED              COUNTED                ACKNOWLEDGED
#     IDLE ──────────▶ ON_TRIAL ──────────▶ PROVING ─────────────────▶ IDLE, outcome KEPT
#      ▲                │     ▲              │   │
#      │                │     └── STARTED ───┘   │
#      └── ENDED, ──────┴────────────────────────┘
#          EXPIRED with the outcome RETURNED
#
# Commit-confirm, as for the gateway's documents: what cuts the node off must take itself back. So only what arrived proves anything: a
# report counts when it is made, and confirms when it is acknowledged. What a power cut does to a trial is settled in flash
# (trial_record.py): the node starts again ON_TRIAL, and after some starts without it.

from contract import quality

# The words of the device API for what becomes of a version.
KEPT, RETURNED = "kept", "returned"

IDLE, ON_TRIAL, PROVING = range(3)
STARTED, ENDED, COUNTED, ACKNOWLEDGED, EXPIRED = range(5)

# (state, event) -> (next state, outcome). Another pair cannot come.
TABLE = {
    (IDLE, STARTED): (ON_TRIAL, None),
    (IDLE, ENDED): (IDLE, None),
    (ON_TRIAL, STARTED): (ON_TRIAL, None),
    (ON_TRIAL, ENDED): (IDLE, None),
    (ON_TRIAL, COUNTED): (PROVING, None),
    (ON_TRIAL, EXPIRED): (IDLE, RETURNED),
    (PROVING, STARTED): (ON_TRIAL, None),
    (PROVING, ENDED): (IDLE, None),
    (PROVING, COUNTED): (PROVING, None),
    (PROVING, ACKNOWLEDGED): (IDLE, KEPT),
    (PROVING, EXPIRED): (IDLE, RETURNED),
}


class Trial:
    def __init__(self, session):
        self._session = session
        self._state = IDLE
        self._until = 0
        self._limit_s = 0
        self._needs_usable = False
        self._seen_usable = False
        self._seq = 0
        self.why = ""

    def start(self, limit_s: int, needs_usable: bool, now: int) -> None:
        self._until = now + limit_s * 1000
        self._limit_s = limit_s
        self._needs_usable = needs_usable
        self._step(STARTED)

    def end(self) -> None:
        """The settings in force are others, or no longer on trial."""
        self._step(ENDED)

    def was_usable(self) -> bool:
        """Whether a report of this boot had a usable value."""
        return self._seen_usable

    def report(self, start: int, duration_ms: int, rows: list) -> None:
        usable = any(row[2] in quality.USABLE for row in rows)
        self._seen_usable = self._seen_usable or usable
        seq = self._session.report(start, duration_ms, rows)
        if self._state == IDLE or (self._needs_usable and not usable):
            return
        # One at a time: the oldest that can still be acknowledged. Waiting for the newest could be waiting for ever.
        if self._state == ON_TRIAL or not self._may_be_acknowledged():
            self._seq = seq
            self._session.expect(seq)
        self._step(COUNTED)

    def event(self, key: str, particulars: dict, now: int) -> int:
        return self._session.event(key, particulars, now)

    def next_action(self, now: int) -> "str | None":
        """KEPT, or RETURNED with `why`, once each; None: nothing yet."""
        if self._state == PROVING and self._session.was_acknowledged(self._seq):
            return self._step(ACKNOWLEDGED)
        if self._state == IDLE or now < self._until:
            return None
        needed = "usable value was reported" if self._needs_usable else "report was made"
        self.why = "no %s in %d s" % ("report was acknowledged" if self._state == PROVING else needed, self._limit_s)
        return self._step(EXPIRED)

    def _may_be_acknowledged(self) -> bool:
        return self._session.is_waiting(self._seq) or self._session.was_acknowledged(self._seq)

    def _step(self, event: int) -> "str | None":
        self._state, outcome = TABLE[self._state, event]
        return outcome
