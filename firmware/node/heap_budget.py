# How much of the heap may wait to be delivered: a share of what the drivers of the settings in force leave.

import gc


class HeapBudget:
    def __init__(self, outbox, most_bytes: int):
        self._outbox = outbox
        self._most_bytes = most_bytes

    def measure(self) -> None:
        """To be called when other drivers are there."""
        gc.collect()
        self._outbox.fit(gc.mem_free(), self._most_bytes)
