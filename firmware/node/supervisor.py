# Is every task alive? Each registers with the longest silence it may keep, and beats. The watchdog is fed only when none is
# overdue, so that a task that hangs alone resets the node as surely as a loop that hangs whole. It does not know what the tasks do.
# Pure.


class Supervisor:
    def __init__(self, uptime_ms):
        self._uptime_ms = uptime_ms
        self._limits = {}
        self._last = {}

    def register(self, name: str, limit_ms: int):
        """The beat of a task: a function without arguments. Its time runs from now."""
        self._limits[name] = limit_ms

        def beat() -> None:
            self._last[name] = self._uptime_ms()

        beat()
        return beat

    def unregister(self, name: str) -> None:
        """For a task that ended as it should. A beat that it kept does not bring it back."""
        self._limits.pop(name, None)
        self._last.pop(name, None)

    def overdue(self) -> list:
        """[(name, ms of silence), ...] of the tasks that are silent for too long; empty: feed the watchdog."""
        now = self._uptime_ms()
        silent = [(name, now - self._last[name]) for name in self._limits]
        return [(name, ms) for name, ms in silent if ms > self._limits[name]]
