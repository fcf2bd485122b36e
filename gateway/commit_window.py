"""How long a group commit waits for company: not at all in quiet, longer the more there is to gather. Pure.

A commit costs one flush of the disk whatever it carries. In quiet a report is committed at once; under load waiting a few
milliseconds puts hundreds behind one flush. What arrives during a commit is gathered anyway: the window counts from its start.
"""

_CROWD = 4  # items in one commit from which on waiting pays
_FIRST_S = 0.001


class CommitWindow:
    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._window_s = 0.0
        self._started_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next commit may begin."""
        if self._started_s is None:
            return 0.0
        return max(0.0, self._started_s + self._window_s - now_s)

    def began(self, gathered: int, now_s: float) -> None:
        """A commit of so many items begins."""
        self._started_s = now_s
        if gathered >= _CROWD:
            self._window_s = min(self._longest_s, max(_FIRST_S, 2 * self._window_s))
        else:
            self._window_s = 0.0
