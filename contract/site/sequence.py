# Which numbers of a sequence have been seen: sorted, disjoint, inclusive ranges, of which there is a limit.
# Used for acknowledgements, for recognising duplicates, and for the ledger's gaps.

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from collections.abc import Iterable


def to_ranges(numbers: "Iterable[int]") -> "list[list[int]]":
    """[[first, last], ...] of any integers, sorted and joined."""
    ranges: "list[list[int]]" = []
    for number in sorted(numbers):
        if ranges and number <= ranges[-1][1] + 1:
            ranges[-1][1] = max(ranges[-1][1], number)
        else:
            ranges.append([number, number])
    return ranges


class Sequence:
    """The numbers seen, from 0 up. Beyond `max_ranges` the lowest gap is given up: its numbers then count as seen,
    and `forgotten` says how many there were."""

    def __init__(self, ranges: "Iterable[Iterable[int]] | None" = None, max_ranges: int = 512):
        self.ranges = [list(pair) for pair in ranges or []]
        self.max_ranges = max_ranges
        self.forgotten = 0

    def __contains__(self, number: int) -> bool:
        at = self._at(number)
        return at < len(self.ranges) and self.ranges[at][0] <= number

    def add(self, number: int) -> bool:
        """True when the number is new."""
        at = self._at(number)
        ranges = self.ranges
        if at < len(ranges) and ranges[at][0] <= number:
            return False
        joins_left = at > 0 and ranges[at - 1][1] == number - 1
        joins_right = at < len(ranges) and ranges[at][0] == number + 1
        if joins_left and joins_right:
            ranges[at - 1][1] = ranges[at][1]
            ranges.pop(at)
        elif joins_left:
            ranges[at - 1][1] = number
        elif joins_right:
            ranges[at][0] = number
        else:
            ranges.insert(at, [number, number])
            self._bound()
        return True

    def missing(self) -> "list[list[int]]":
        """The gaps below the greatest number seen, as ranges: what was made (sequences start at 0) but never came."""
        gaps = []
        expected = 0
        for first, last in self.ranges:
            if first > expected:
                gaps.append([expected, first - 1])
            expected = last + 1
        return gaps

    def count(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def _at(self, number: int) -> int:
        # Index of the first range that ends at or after the number.
        low, high = 0, len(self.ranges)
        while low < high:
            middle = (low + high) // 2
            if self.ranges[middle][1] < number:
                low = middle + 1
            else:
                high = middle
        return low

    def _bound(self) -> None:
        while len(self.ranges) > self.max_ranges:
            first, last = self.ranges.pop(0)
            self.forgotten += self.ranges[0][0] - last - 1
            self.ranges[0][0] = first
