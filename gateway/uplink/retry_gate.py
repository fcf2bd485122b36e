"""When the fleet may be asked, for all of this gateway that ask it. Pure: outcomes in, a wait out.

Three states, and what moves between them (reasons in docs/adr/0013-the-uplink.md):
  open     anybody may ask
  busy     the fleet answered 429 or 503: no request before its Retry-After plus full jitter up to a ceiling that doubles
  away     nothing answers at its address: one cheap attempt to connect at a time, after a wait of full jitter up to a fortieth of the time
           that it has been away (1.5 s at least), so that a short outage ends for us soon after it ends, and a long one costs little
"""

from random import Random

from gateway.backoff import Backoff

PROBE_S = 1.5
_SHARE_OF_OUTAGE = 40


class RetryGate:
    """`busy` gives the waits after 429 and 503; `cap_s` is the ceiling of every wait while the fleet is away."""

    def __init__(self, busy: Backoff, cap_s: float, random: Random) -> None:
        self._busy = busy
        self._cap_s = cap_s
        self._random = random
        self._shut_until_s = 0.0
        self._away_since_s: float | None = None

    @property
    def is_away(self) -> bool:
        return self._away_since_s is not None

    def wait_s(self, now_s: float) -> float:
        """How long no request may be made; when it is over and the fleet was away, one attempt to connect comes first."""
        return max(0.0, self._shut_until_s - now_s)

    def unreachable(self, now_s: float) -> None:
        if self._away_since_s is None:
            self._away_since_s = now_s
        ceiling_s = min(self._cap_s, max(PROBE_S, (now_s - self._away_since_s) / _SHARE_OF_OUTAGE))
        self._shut_for(self._random.uniform(0, ceiling_s), now_s)

    def reached(self) -> None:
        """Something accepts connections there."""
        self._away_since_s = None

    def answered(self, now_s: float) -> None:
        self.reached()
        self._busy.succeeded(now_s)

    def overloaded(self, now_s: float, at_least_s: float) -> None:
        self.reached()
        self._shut_for(self._busy.failed(now_s, at_least_s), now_s)

    def _shut_for(self, wait_s: float, now_s: float) -> None:
        # Never shortened: a Retry-After holds for all.
        self._shut_until_s = max(self._shut_until_s, now_s + wait_s)
