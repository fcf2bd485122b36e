"""Numbers of a boot against the plainest thing that knows them: a set."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.store.items.sequence_ranges import SequenceRanges

_NUMBERS = st.lists(st.integers(0, 60), max_size=120)


@given(_NUMBERS, st.integers(0, 120))
def test_a_number_is_new_once_also_after_it_was_written_down_and_read(numbers: list[int], at: int) -> None:
    taken, known = SequenceRanges(), set[int]()
    for index, number in enumerate(numbers):
        if index == at:
            taken = SequenceRanges(str(taken))
        assert taken.add(number) == (number not in known)
        known.add(number)
    assert taken.pop_forgotten() == 0


@given(_NUMBERS, st.integers(1, 5))
def test_what_had_to_be_forgotten_is_new_again_and_counted_and_nothing_that_never_came_is_known(numbers: list[int], most: int) -> None:
    taken, known, forgotten = SequenceRanges(most_ranges=most), set[int](), 0
    for number in numbers:
        assert taken.add(number) or number in known, "one that never came is new"
        known.add(number)
        forgotten += taken.pop_forgotten()
        assert len(taken) <= most
    remembered = {number for number in known if not SequenceRanges(str(taken), most).add(number)}
    assert remembered <= known and len(known) - len(remembered) <= forgotten


def test_holes_are_not_given_up_when_there_are_too_many() -> None:
    taken = SequenceRanges(most_ranges=3)
    assert [taken.add(number) for number in (0, 2, 4, 6)] == [True] * 4
    assert str(taken) == "[[2,2],[4,4],[6,6]]" and taken.pop_forgotten() == 1
    assert taken.add(3) and taken.add(5), "a hole is filled by what comes late"
    assert str(taken) == "[[2,6]]"
