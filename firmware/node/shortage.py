# When the heap has no piece that is long enough for a message: shorter ones, for the rest of the boot, and an end when not even such a
# one has been made for too long. Pure.

MAX_MESSAGE_BYTES = 4096
LEAST_MESSAGE_BYTES = 512
STARVED_MS = 120000


class Shortage:
    def __init__(self):
        self.message_bytes = MAX_MESSAGE_BYTES
        self._since: "int | None" = None

    def shorten(self) -> None:
        self.message_bytes = max(LEAST_MESSAGE_BYTES, self.message_bytes // 2)

    def begins(self, now: int) -> None:
        """There was no memory for a message. Raises MemoryError when that has lasted: a restart has a whole heap, and reports it."""
        if self._since is None:
            self._since = now
        elif now - self._since >= STARVED_MS:
            raise MemoryError("no memory for a message for %d s" % (STARVED_MS // 1000))
        self.shorten()

    def ends(self) -> None:
        self._since = None
