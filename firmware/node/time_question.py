# When a node asks its gateway for the time, and which answer it believes: one that echoes the nonce that is out. Pure.

from contract import messages
from node.portable import const

_ASK_AGAIN_MS = const(2000)
_ASK_AGAIN_MOST_MS = const(60000)


class TimeQuestion:
    def __init__(self, boot: str, clock):
        self.due = 0
        self.sync_ms = 600000
        self._boot = boot
        self._clock = clock
        self._questions = 0
        self._asked_at: "int | None" = None
        self._again_ms = _ASK_AGAIN_MS

    def connected(self, now: int) -> None:
        """Nothing that was under way counts."""
        self._asked_at = None
        self.due = now
        self._again_ms = _ASK_AGAIN_MS

    def next(self, now: int) -> bytes:
        """The question, which counts as asked at `now`."""
        self._questions += 1
        self._asked_at = now
        self.due = now + self._again_ms
        self._again_ms = min(2 * self._again_ms, _ASK_AGAIN_MOST_MS)
        return messages.write({"b": self._boot, "s": now, "w": "time", "k": self._nonce()})

    def take(self, answer: dict, now: int) -> bool:
        """Whether it is the answer to what was asked last."""
        asked_at = self._asked_at
        if asked_at is None or answer["k"] != self._nonce():
            return False
        self._clock.synchronise(asked_at, now, answer["u"], answer["e"])
        self._asked_at = None
        self.due = now + self.sync_ms
        self._again_ms = _ASK_AGAIN_MS
        return True

    def _nonce(self) -> str:
        # Unique with the boot id that the answer repeats; it need not be secret, because the answer is sealed.
        return str(self._questions)
