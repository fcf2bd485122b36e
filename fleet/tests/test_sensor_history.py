"""What a part says of itself, and how late hellos fit into the history of a slot."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.devices.sensor_history import Earlier, Insertion, Stay, fit
from fleet.devices.sensor_identity import Identity, Known, adds, identity_of, may_be, names_for

# part, identity -> (serial, mark)
IDENTITIES = {
    "a serial number": ("sps30", "8F3A", "8F3A", ""),
    "nothing": ("pms5003", "", "", ""),
    "a firmware": ("pms5003", "firmware 151", "", "firmware 151"),
    "an id of 16 bits": ("sds011", "a160 2019-05-12", "", "a160 2019-05-12"),
    "a configured serial number": ("xy_md02", "A-17", "A-17", ""),
}


@pytest.mark.parametrize(("part", "text", "serial", "mark"), IDENTITIES.values(), ids=IDENTITIES)
def test_an_identity_is_a_serial_number_or_only_a_mark(part: str, text: str, serial: str, mark: str) -> None:
    assert identity_of(part, text) == Identity(part, serial, mark)


# identity, known -> (may be, adds)
COMPARED = {
    "the same serial number": (Identity("sps30", "1"), Known("sps30", "1", ""), True, False),
    "another serial number": (Identity("sps30", "2"), Known("sps30", "1", ""), False, False),
    "a serial number of one without": (Identity("sps30", "2"), Known("sps30", None, ""), True, True),
    "nothing of one with a serial number": (Identity("sps30"), Known("sps30", "1", ""), True, False),
    "another part": (Identity("sds011"), Known("pms5003", None, ""), False, False),
    "the same mark": (Identity("pms5003", mark="f 1"), Known("pms5003", None, "f 1"), True, False),
    "another mark": (Identity("pms5003", mark="f 2"), Known("pms5003", None, "f 1"), False, False),
    "a first mark of one with a label": (Identity("pms5003", mark="f 2"), Known("pms5003", "label 7", ""), True, True),
}


@pytest.mark.parametrize(("identity", "known", "may", "more"), COMPARED.values(), ids=COMPARED)
def test_what_a_part_says_is_compared_with_what_is_known(identity: Identity, known: Known, may: bool, more: bool) -> None:
    assert (may_be(identity, known), adds(identity, known)) == (may, more)


def test_a_sensor_that_was_found_has_a_readable_name_where_there_is_one() -> None:
    assert next(names_for(Identity("jxct_tvoc", "01-22/33"), "n-1 0 0")) == "jxct-tvoc-01-22-33"
    others = [next(names_for(Identity("pms5003"), place)) for place in ("n-1 0 0", "n-1 0 1", "n-2 0 0")]
    long, strange = next(names_for(Identity("x" * 40, "1" * 200), "")), next(names_for(Identity("部件", "号"), ""))
    assert len(set(others)) == 3 and all(len(name) <= 32 for name in [*others, long, strange])


def stay(number: int, sensor: str, from_ms: int, to_ms: int | None, seen_ms: int | None = None) -> Stay:
    return Stay(number, sensor, "n-1", 0, from_ms, to_ms, from_ms if seen_ms is None else seen_ms)


A, C = stay(1, "a", 1, 7, 3), stay(2, "c", 7, None, 9)
# stays, sensor, at -> change
LATE = {
    "before all of another": ([C], "b", 2, Insertion(2, 7, None, C)),
    "before all of the same": ([C], "c", 2, Earlier(C, 2, None)),
    "of the one that was there": ([A, C], "a", 5, None),
    "between two": ([A, C], "b", 5, Insertion(5, 7, A, C)),
    "of the one that followed": ([A, C], "c", 5, Earlier(C, 5, A)),
    "against what a hello proved": ([A, C], "b", 2, None),
    "against what is in the slot now": ([A, C], "b", 8, None),
    "where nothing was known": ([], "b", 8, None),
    "behind what a person took out": ([A], "b", 8, None),
    "into a gap": ([stay(1, "a", 1, 4), C], "b", 5, Insertion(5, 7, None, C)),
    "before a gap": ([stay(1, "a", 1, 4), C], "b", 3, Insertion(3, 4, stay(1, "a", 1, 4), None)),
}


@pytest.mark.parametrize(("stays", "sensor", "at_ms", "change"), LATE.values(), ids=LATE)
def test_a_late_hello_completes_the_history_and_changes_nothing_newer(
    stays: list[Stay], sensor: str, at_ms: int, change: Insertion | Earlier | None
) -> None:
    assert fit(stays, sensor, at_ms) == change


def applied(stays: list[Stay], sensor: str, at_ms: int) -> list[Stay]:
    change = fit(stays, sensor, at_ms)
    if change is None:
        return stays
    short = change.shortened
    kept = {one.id: one for one in stays}
    if short:
        kept[short.id] = stay(short.id, short.sensor, short.from_ms, change.from_ms, short.seen_ms)
    if isinstance(change, Earlier):
        one = change.begun
        kept[one.id] = stay(one.id, one.sensor, change.from_ms, one.to_ms, one.seen_ms)
    else:
        kept[len(kept) + 1] = stay(len(kept) + 1, sensor, change.from_ms, change.to_ms)
    return sorted(kept.values(), key=lambda one: (one.from_ms, one.id))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 20)), max_size=12))
def test_whatever_comes_late_a_slot_has_one_sensor_at_a_time_and_the_present_one_stays(hellos: list[tuple[str, int]]) -> None:
    stays = [stay(1, "a", 5, 12, 8), stay(2, "b", 12, None, 15)]
    for sensor, at_ms in hellos:
        stays = applied(stays, sensor, at_ms)
        assert applied(stays, sensor, at_ms) == stays, "the same once more"
        for one, following in itertools.pairwise(stays):
            assert one.from_ms < (one.to_ms or 0) <= following.from_ms
        assert (stays[-1].sensor, stays[-1].to_ms) == ("b", None)
        assert all(held.sensor == "a" for held in stays if held.holds(8))
