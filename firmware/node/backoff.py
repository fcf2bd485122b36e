# How long to wait before the next attempt: full jitter (a random share of a limit that doubles), so that a thousand nodes do not
# return to a broker in step. It never sleeps. The limit falls back only after a link that held: one that breaks at once is a failure.
# Pure.


class Backoff:
    def __init__(self, randrange, least_ms: int = 1000, most_ms: int = 60000, stable_ms: int = 20000):
        self._randrange = randrange
        self._least_ms = least_ms
        self._most_ms = most_ms
        self._stable_ms = stable_ms
        self._limit_ms = least_ms

    def next_wait_ms(self, held_ms: int) -> int:
        """0 up to the limit. held_ms: for how long the link that just ended was usable, 0 when it never was."""
        if held_ms >= self._stable_ms:
            self._limit_ms = self._least_ms
        wait = self._randrange(self._limit_ms + 1)
        self._limit_ms = min(2 * self._limit_ms, self._most_ms)
        return wait
