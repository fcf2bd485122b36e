# When the counters of the node are worth an event, and its particulars: a flat object of whole numbers, those above 0.
# Pure.
#
#   "<lowest slot of the driver>.<reason>"   as the drivers count: "0.rejected_checksum", "1.timeouts"
#   "session.<reason>" "outbox.<reason>" "link.<reason>" "wifi.<reason>"
#   "loop.delay_max_ms" "loop.delay_p99_ms" "loop.feed_gap_max_ms" "loop.heap_least_bytes": figures of this boot
# Every EVERY_MS; and when the set of drivers' counters that grow becomes another one, CHANGE_MS after the last event at the earliest.

EVERY_MS = 600000
CHANGE_MS = 60000
MAX_COUNTERS = 64
# What grows while all is well.
_HEALTHY = ("frames", "acks", "skipped_bytes", "polls", "replies", "longest_ms")


class CounterEvents:
    def __init__(self, now: int):
        self._reported_at = now
        self._looked_at = now
        self._before: dict = {}
        self._ailing: set = set()

    def is_due(self, now: int) -> bool:
        return now - self._looked_at >= CHANGE_MS

    def next_event(self, drivers: list, others: list, now: int) -> "dict | None":
        """To be asked when is_due. drivers and others: [(prefix, counters), ...]. The particulars of an event, or None."""
        self._looked_at = now
        counts = _flat(drivers)
        ailing = {key for key in counts if counts[key] > self._before.get(key, 0) and key.split(".")[1] not in _HEALTHY}
        changed = ailing != self._ailing
        self._before, self._ailing = counts, ailing
        if not changed and now - self._reported_at < EVERY_MS:
            return None
        self._reported_at = now
        counts = dict(counts)
        counts.update(_flat(others))
        return {key: counts[key] for key in sorted(counts)[:MAX_COUNTERS]}


def _flat(sources: list) -> dict:
    flat = {}
    for prefix, counters in sources:
        for name in counters:
            if counters[name]:
                flat["%s.%s" % (prefix, name)] = counters[name]
    return flat
