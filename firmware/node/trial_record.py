# What flash says of settings on trial: the greatest version that was kept, the greatest that returned, and how often a node started
# with one that is neither. One number and four more in a stored pair, so that a power cut leaves the old or the new record.
#
# A version of the settings files counts when it is kept, or not returned; it is on trial until it is kept. So one write decides.

from contract.values import MAX_SETTINGS_VERSION

PATH = "/trial"


class TrialRecord:
    def __init__(self, pair):
        """pair: a stored_pair.StoredPair."""
        self._pair = pair
        self._number = 0
        self.kept = self.returned = self.tried = self.starts = 0
        self.needs_usable = True

    def load(self) -> None:
        found = self._pair.read()
        if found is None:
            return
        self._number = found[0]
        try:
            kept, returned, tried, starts, needs_usable = [int(word) for word in found[1].split()]
        except ValueError:
            return  # of another firmware: what is there is tried anew
        if max(kept, returned, tried) > MAX_SETTINGS_VERSION:
            return
        self.kept, self.returned, self.tried, self.starts, self.needs_usable = kept, returned, tried, starts, bool(needs_usable)

    def counts(self, version: int) -> bool:
        return version <= MAX_SETTINGS_VERSION and (version <= self.kept or version > self.returned)

    def is_on_trial(self, version: int) -> bool:
        return version > self.kept

    @property
    def trial(self) -> tuple:
        """Of which version, at how many starts, and whether it needs a usable value."""
        return self.tried, self.starts, self.needs_usable

    def try_out(self, version: int, needs_usable: bool) -> None:
        """Before the version is stored. Raises OSError, as the others do; nothing has changed then."""
        before = self.trial
        self.tried, self.starts, self.needs_usable = version, 0, needs_usable
        try:
            self._write()
        except OSError:
            self.tried, self.starts, self.needs_usable = before
            raise

    def resume(self, trial: tuple) -> None:
        """The version that was to be tried could not be stored: the trial before it goes on."""
        self.tried, self.starts, self.needs_usable = trial
        self._write()

    def started(self, version: int) -> None:
        """The node started with a version that is on trial."""
        if version != self.tried:
            self.tried, self.starts, self.needs_usable = version, 0, True
        self.starts += 1
        self._write()

    def keep(self, version: int) -> None:
        self.kept = version
        self._write()

    def give_back(self, version: int) -> None:
        self.returned = version
        self._write()

    def _write(self) -> None:
        words = (self.kept, self.returned, self.tried, self.starts, int(self.needs_usable))
        self._pair.write(self._number + 1, b"%d %d %d %d %d" % words)
        self._number += 1
