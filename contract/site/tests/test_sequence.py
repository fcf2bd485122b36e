# Ranges of numbers that were seen. Against a plain set as model: test_sequence_hypothesis.py.

from contract.site.sequence import Sequence, to_ranges


def _of(*numbers: int) -> Sequence:
    sequence = Sequence()
    for number in numbers:
        sequence.add(number)
    return sequence


def test_ranges_are_sorted_and_joined() -> None:
    cases: "tuple[tuple[list[int], list[list[int]]], ...]" = (
        ([], []),
        ([5], [[5, 5]]),
        ([0, 1, 2], [[0, 2]]),
        ([2, 0, 1], [[0, 2]]),
        ([3, 3, 4, 4], [[3, 4]]),
        ([9, 0, 7, 1], [[0, 1], [7, 7], [9, 9]]),
    )
    for numbers, ranges in cases:
        assert to_ranges(numbers) == ranges, numbers
        assert _of(*numbers).ranges == ranges, numbers


def test_a_number_is_new_once() -> None:
    sequence = Sequence()
    assert [sequence.add(number) for number in (0, 2, 1, 2, 0, 1, 3)] == [True, True, True, False, False, False, True]
    assert sequence.ranges == [[0, 3]] and sequence.count() == 4


def test_what_is_missing_below_the_greatest() -> None:
    cases: "tuple[tuple[tuple[int, ...], list[list[int]]], ...]" = (
        ((), []),
        ((0,), []),
        ((3,), [[0, 2]]),
        ((0, 1, 5, 9), [[2, 4], [6, 8]]),
    )
    for numbers, missing in cases:
        assert _of(*numbers).missing() == missing, numbers


def test_a_sequence_goes_on_from_its_stored_ranges_and_leaves_them_alone() -> None:
    stored = [[0, 3], [7, 9]]
    sequence = Sequence(stored)
    assert 3 in sequence and 5 not in sequence and 9 in sequence
    assert sequence.add(4) and not sequence.add(8)
    assert sequence.ranges == [[0, 4], [7, 9]]
    assert stored == [[0, 3], [7, 9]]


def test_beyond_the_limit_the_lowest_gap_is_given_up_and_counted() -> None:
    sequence = Sequence(max_ranges=2)
    for number in (0, 10, 20):
        assert sequence.add(number)
    assert sequence.ranges == [[0, 10], [20, 20]]
    assert sequence.forgotten == 9
    assert 5 in sequence and 15 not in sequence


def test_an_endless_flood_of_gaps_keeps_the_ranges_bounded() -> None:
    sequence = Sequence(max_ranges=8)
    for number in range(0, 2000, 2):
        sequence.add(number)
    assert len(sequence.ranges) == 8
    assert sequence.count() == 1999 - len(sequence.missing())
    assert sequence.forgotten == 999 - len(sequence.missing())
