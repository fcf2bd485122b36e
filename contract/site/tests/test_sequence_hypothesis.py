"""The ranges of numbers seen against a plain set as model."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contract.site.sequence import Sequence, to_ranges

_NUMBERS = st.lists(st.integers(0, 60))


def _numbers(ranges: list[list[int]]) -> list[int]:
    return [number for first, last in ranges for number in range(first, last + 1)]


@given(_NUMBERS)
def test_without_a_limit_it_is_a_set(numbers: list[int]) -> None:
    sequence = Sequence()
    model: set[int] = set()
    for number in numbers:
        assert sequence.add(number) == (number not in model)
        model.add(number)
        assert sequence.ranges == to_ranges(model)
    assert sequence.count() == len(model)
    assert [number for number in range(70) if number in sequence] == sorted(model)
    assert _numbers(sequence.missing()) == [number for number in range(max(model, default=0)) if number not in model]
    assert sequence.forgotten == 0


@given(_NUMBERS, st.integers(1, 5))
def test_with_a_limit_it_is_a_set_that_fills_its_lowest_gap(numbers: list[int], limit: int) -> None:
    sequence = Sequence(max_ranges=limit)
    model: set[int] = set()
    forgotten = 0
    for number in numbers:
        assert sequence.add(number) == (number not in model)
        model.add(number)
        while len(to_ranges(model)) > limit:
            (_, before), (behind, _) = to_ranges(model)[:2]
            model.update(range(before + 1, behind))
            forgotten += behind - before - 1
        assert sequence.ranges == to_ranges(model)
        assert sequence.forgotten == forgotten


@given(_NUMBERS)
def test_ranges_are_disjoint_apart_and_sorted(numbers: list[int]) -> None:
    ranges = to_ranges(numbers)
    assert _numbers(ranges) == sorted(set(numbers))
    assert all(one[1] + 1 < other[0] for one, other in pairwise(ranges))


@given(_NUMBERS, _NUMBERS)
def test_stored_ranges_go_on_where_they_were(before: list[int], after: list[int]) -> None:
    first = Sequence()
    for number in before:
        first.add(number)
    second = Sequence(first.ranges)
    for number in after:
        assert second.add(number) == first.add(number)
    assert second.ranges == first.ranges
