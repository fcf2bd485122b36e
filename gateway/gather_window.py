"""How long to wait for company before something is done for many at once: not at all in quiet, longer the more there is. Pure.

A commit costs one flush of the disk, an acknowledgement one message, whatever they carry. In quiet each is made at once; under
load waiting some milliseconds puts hundreds behind one. What comes meanwhile is gathered anyway: the window counts from the start.
"""

_CROWD = 4  # from so many at once on, waiting pays
_FIRST_S = 0.001


class GatherWindow:
    def __init__(self, longest_s: float, least_s: float = 0.0) -> None:
        """`least_s`: also in quiet, for a card that should be written less often."""
        self._longest_s = max(longest_s, least_s)
        self._least_s = least_s
        self._window_s = least_s
        self._started_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next one may begin."""
        if self._started_s is None:
            return 0.0
        return max(0.0, self._started_s + self._window_s - now_s)

    def began(self, gathered: int, now_s: float) -> None:
        """One begins, for so many."""
        self._started_s = now_s
        if gathered >= _CROWD:
            self._window_s = min(self._longest_s, max(_FIRST_S, self._least_s, 2 * self._window_s))
        else:
            self._window_s = self._least_s
