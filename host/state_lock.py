"""Who uses a state folder: an advisory lock that the kernel releases when its holder dies, however it dies.

Services that may share a state hold it together; what replaces the state holds it alone.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host.errors import StateInUseError
from host.rights import as_owner_of

FILE_NAME = "lock"
# A second of patience: `status` holds it for an instant.
_TRIES = 50
_PAUSE_S = 0.02


class StateLock:
    def __init__(self, state: Path) -> None:
        self._path = state / FILE_NAME
        self._descriptor: int | None = None

    def hold(self, *, shared: bool = False) -> None:
        """Raises StateInUseError. Released by `release`, or by the end of the process."""
        for _ in range(_TRIES):
            if self._try(kind=fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
                return
            time.sleep(_PAUSE_S)
        raise StateInUseError(str(self._path.parent))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Alone, by this process, as the owner of the state. Raises StateInUseError."""
        with as_owner_of(self._path.parent):
            self.hold()
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_held(self) -> bool:
        """Whether a service runs on this state."""
        if not self._path.exists():
            return False
        free = self._try(os.O_RDONLY)
        self.release()
        return not free

    def _try(self, how: int = os.O_RDWR | os.O_CREAT, kind: int = fcntl.LOCK_EX) -> bool:
        descriptor = os.open(self._path, how | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True
