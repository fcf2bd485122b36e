"""One process per state folder: an advisory lock that the kernel takes back when its holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path

from gateway.errors import StateInUseError

_FILE_NAME = "lock"
# A second of patience: `status` holds it for an instant.
_TRIES = 50
_PAUSE_S = 0.02


class StateLock:
    def __init__(self, state: Path) -> None:
        self._path = state / _FILE_NAME
        self._descriptor: int | None = None

    def hold(self) -> None:
        """Raises StateInUseError. Released by `release`, or by the end of the process."""
        for _ in range(_TRIES):
            if self._try():
                return
            time.sleep(_PAUSE_S)
        raise StateInUseError(str(self._path.parent))

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_held(self) -> bool:
        """Whether a gateway runs on this state."""
        if not self._path.exists():
            return False
        free = self._try(os.O_RDONLY)
        self.release()
        return not free

    def _try(self, how: int = os.O_RDWR | os.O_CREAT) -> bool:
        descriptor = os.open(self._path, how | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True
