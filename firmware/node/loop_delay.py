# How late the loop runs what is due, how long the watchdog waited, how little heap was left: figures of this boot, counted in place
# and without allocation. They go with the counters of the node. The p99 is the upper edge of its bucket; the last bucket has none,
# there the longest delay stands for it.

EDGES_MS = (2, 5, 10, 20, 50, 100, 200, 500, 1000)


class LoopDelay:
    def __init__(self):
        self.counters = {"delay_max_ms": 0, "delay_p99_ms": 0, "feed_gap_max_ms": 0, "heap_least_bytes": 0}
        self._buckets = [0] * (len(EDGES_MS) + 1)
        self._count = 0
        self._fed_at: "int | None" = None

    def woke(self, late_ms: int) -> None:
        at = 0
        while at < len(EDGES_MS) and late_ms > EDGES_MS[at]:
            at += 1
        self._buckets[at] += 1
        self._count += 1
        if late_ms > self.counters["delay_max_ms"]:
            self.counters["delay_max_ms"] = late_ms
        self.counters["delay_p99_ms"] = self._p99()

    def fed(self, now: int) -> None:
        if self._fed_at is not None and now - self._fed_at > self.counters["feed_gap_max_ms"]:
            self.counters["feed_gap_max_ms"] = now - self._fed_at
        self._fed_at = now

    def heap(self, free: int) -> None:
        """To be called right after a collection; garbage is no need of heap."""
        least = self.counters["heap_least_bytes"]
        if least == 0 or free < least:
            self.counters["heap_least_bytes"] = free

    def _p99(self) -> int:
        above = 0
        for at in range(len(EDGES_MS), 0, -1):
            above += self._buckets[at]
            if above * 100 > self._count:
                return self.counters["delay_max_ms"] if at == len(EDGES_MS) else EDGES_MS[at]
        return EDGES_MS[0]
