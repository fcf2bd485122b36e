"""The numbers of one boot that have been taken: sorted, disjoint, inclusive ranges, of which there is a limit. Pure.

Beyond the limit the lowest range is forgotten, never a hole given up: a number that is not remembered is stored again when it comes
again, and the fleet knows it, unless it had gone into a summary; one remembered without having come would be lost. contract.site.sequence,
for ledgers, decides the other way.
"""

import json
from bisect import bisect_left

MOST_RANGES = 256


class SequenceRanges:
    def __init__(self, text: str = "[]", most_ranges: int = MOST_RANGES) -> None:
        """`text`: of an earlier one, as JSON: [[first, last], ...]."""
        ranges: list[list[int]] = json.loads(text)
        self._firsts = [first for first, _ in ranges]
        self._lasts = [last for _, last in ranges]
        self._most_ranges = most_ranges
        self._forgotten = 0

    def __str__(self) -> str:
        return json.dumps(list(zip(self._firsts, self._lasts)), separators=(",", ":"))

    def __len__(self) -> int:
        """Of its ranges."""
        return len(self._firsts)

    def add(self, number: int) -> bool:
        """True when it is new."""
        firsts, lasts = self._firsts, self._lasts
        if lasts and number == lasts[-1] + 1:
            lasts[-1] = number
            return True
        at = bisect_left(lasts, number)  # the first range that ends at or after it
        if at < len(lasts) and firsts[at] <= number:
            return False
        self._insert(at, number)
        return True

    def pop_forgotten(self) -> int:
        """How many numbers have been forgotten since the last question."""
        forgotten, self._forgotten = self._forgotten, 0
        return forgotten

    def _insert(self, at: int, number: int) -> None:
        firsts, lasts = self._firsts, self._lasts
        joins_left = at > 0 and lasts[at - 1] == number - 1
        joins_right = at < len(firsts) and firsts[at] == number + 1
        if joins_left and joins_right:
            lasts[at - 1] = lasts.pop(at)
            firsts.pop(at)
        elif joins_left:
            lasts[at - 1] = number
        elif joins_right:
            firsts[at] = number
        else:
            firsts.insert(at, number)
            lasts.insert(at, number)
            if len(firsts) > self._most_ranges:
                self._forgotten += lasts.pop(0) - firsts.pop(0) + 1
