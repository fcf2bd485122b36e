# Whether the drivers may run: after BOOTS boots by crash or watchdog, without RUN_MS of measuring between them, they stay off, so that
# the link can report it and new settings can mend it. New settings end it, or RETRY_MS: then one more crash brings it back.
# A network that is absent crashes nothing, and counts for nothing. Knows no driver and no link.
#
# In flash: "<boots in a row> <crashes in all>", written after a crash, and once more when the row is broken. A boot that follows no crash
# writes nothing.

from node.portable import const

PATH = "/crashes"
_BOOTS = const(4)
_RUN_MS = const(600000)
_RETRY_MS = const(3600000)


class SafeMode:
    """`active`: the drivers must be off. `boots`: crashes in a row. `counters`: as the others."""

    def __init__(self, pair, crashed: bool, now: int):
        """pair: a stored_pair.StoredPair. crashed: this boot came by a crash or by the watchdog."""
        self._pair = pair
        found = pair.read()
        self._number = found[0] if found else 0
        self.boots, crashes = _counts(found[1] if found else b"")
        self.counters = {"crashes": crashes, "in_a_row": self.boots, "safe_mode": 0}
        if crashed:
            self.counters["crashes"] += 1
            self._count(self.boots + 1)
        self._since = now
        self._enter(self.boots >= _BOOTS)

    def next_action(self, now: int) -> bool:
        """To be asked now and then: whether the drivers are to be tried again now."""
        if self.active:
            if now - self._since < _RETRY_MS:
                return False
            self._leave(now)
            return True
        if self.boots and now - self._since >= _RUN_MS:
            self._count(0)
        return False

    def new_settings(self, now: int) -> bool:
        """Other settings are in force: whether the drivers were off until now."""
        was = self.active
        if was:
            self._count(0)
            self._leave(now)
        return was

    def _leave(self, now: int) -> None:
        self._since = now
        self._enter(False)

    def _enter(self, active: bool) -> None:
        self.active = active
        self.counters["safe_mode"] = int(active)

    def _count(self, boots: int) -> None:
        self.boots = self.counters["in_a_row"] = boots
        self._number += 1
        try:
            self._pair.write(self._number, b"%d %d" % (boots, self.counters["crashes"]))
        except OSError:  # the flash is full or broken: without a memory there is no safe mode, and the node still runs
            pass


def _counts(content: bytes) -> tuple:
    try:
        boots, crashes = content.split()
        return int(boots), int(crashes)
    except ValueError:
        return 0, 0
