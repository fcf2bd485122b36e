"""Where live reports end and history begins: at the newest item of half a minute ago. Pure; by the monotonic clock, which does not jump."""

from collections import deque

LIVE_S = 30.0
STEP_S = 3.0


class LiveWindow:
    """Ids grow in order of arrival. What was there before the first note is history."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, int]] = deque()

    def note(self, newest_id: int, now_s: float) -> None:
        if not self._notes or now_s - self._notes[-1][0] >= STEP_S:
            self._notes.append((now_s, newest_id))
        while len(self._notes) > 1 and now_s - self._notes[1][0] >= LIVE_S:
            self._notes.popleft()

    @property
    def floor(self) -> int:
        """Items above it are live."""
        return self._notes[0][1] if self._notes else 0
