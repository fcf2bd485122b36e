"""Where live reports end and history begins: at the newest item of half a minute ago. Pure; by the monotonic clock, which does not jump."""

from collections import deque

LIVE_S = 30.0
STEP_S = 3.0


class LiveWindow:
    """Ids grow in order of arrival. What was there before the first call is history."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def record(self, newest_id: int, now_s: float) -> None:
        if not self._marks or now_s - self._marks[-1][0] >= STEP_S:
            self._marks.append((now_s, newest_id))
        while len(self._marks) > 1 and now_s - self._marks[1][0] >= LIVE_S:
            self._marks.popleft()

    @property
    def floor(self) -> int:
        """Items above it are live."""
        return self._marks[0][1] if self._marks else 0
