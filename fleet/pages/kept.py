"""What pages read of the record for many visitors, each once a minute at most. Does not depend on what it is."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEPT_MS = 60_000


class Kept(Generic[K, V]):
    """most: beyond, the one that nobody has looked at for longest goes."""

    def __init__(self, monotonic_ms: Callable[[], int], read: Callable[[K], V], most: int) -> None:
        self._monotonic_ms = monotonic_ms
        self._read = read
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[K, tuple[int, V]] = OrderedDict()  # until when

    def get(self, key: K) -> V:
        """Of those who ask at once one reads, and the others wait for it. Raises what `read` raises."""
        asked_ms = self._monotonic_ms()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or asked_ms >= kept[0]:
                began_ms = self._monotonic_ms()
                found = self._read(key)
                # Those who waited for it have it too, however long it took.
                kept = self._kept[key] = max(began_ms + KEPT_MS, self._monotonic_ms() + 1), found
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return kept[1]
