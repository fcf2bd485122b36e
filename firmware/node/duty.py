# When a part sleeps and when it is woken, so that fan and laser last. It knows no part and no wire; times are uptime in ms.
# Pure.
#
#   |-- warm-up --|------ on ------|------- asleep -------|-- warm-up --|------ on ------| ...
#                 |<------------------- period ------------------------>|
# A period that leaves no time to sleep beside warm-up and measuring is never slept in. Late questions change no later window: windows
# tile uptime from the first one on.

SLEEP = "sleep"
WAKE = "wake"


class Duty:
    def __init__(self, on_ms: int, period_ms: int, warm_up_ms: int, now: int):
        """on_ms 0: always on. The part is awake and begins to warm up now."""
        self.asleep = False
        self._awake_ms = on_ms + warm_up_ms
        self._period_ms = period_ms if 0 < on_ms and self._awake_ms < period_ms else 0
        self._first = now

    def next_action(self, now: int) -> "str | None":
        """SLEEP or WAKE, once for each change; None: it stays as it is."""
        asleep = bool(self._period_ms) and (now - self._first) % self._period_ms >= self._awake_ms
        if asleep == self.asleep:
            return None
        self.asleep = asleep
        return SLEEP if asleep else WAKE
