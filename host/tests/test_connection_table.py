"""The table of connections of a listening port: who may come in, who has to go, and why."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.listening.connection_table import Admission, ConnectionTable
from host.listening.limits import ADDRESS_MADE_ROOM, BY_ADDRESS, FULL, HALF_REQUEST, IDLE, MADE_ROOM, NOT_TAKEN, SILENT, Limits

LIMITS = Limits(total=3, by_address=2, by_client=2, first_s=5, head_s=10, body_s=20, idle_s=15, not_taken_s=8)

_Step = tuple[str, int, float] | tuple[str, int, float, str]
# name: steps (verb, key, at in s, and of `open` the address, of `known` the client);
# what the last `open` answered; who is overdue at the last moment
CASES: dict[str, tuple[list[_Step], tuple[str | None, int | None], float, list[int], dict[str, int]]] = {
    "alone_and_silent": ([("open", 1, 0, "a")], (None, None), 5, [1], {SILENT: 1}),
    "alone_and_not_silent_for_long": ([("open", 1, 0, "a")], (None, None), 4.9, [], {}),
    "third_of_one_address_takes_the_place_of_its_longest_silent": (
        [("open", 1, 0, "a"), ("open", 2, 0, "a"), ("heard", 1, 0.5), ("open", 3, 1, "a")], (None, 2), 1, [], {ADDRESS_MADE_ROOM: 1}),
    "third_of_one_address_does_not_take_the_place_of_another_address": (
        [("open", 1, 0, "b"), ("open", 2, 0, "a"), ("open", 3, 0, "a"), ("open", 4, 1, "a")], (None, 2), 1, [], {ADDRESS_MADE_ROOM: 1}),
    "third_of_one_address_spares_its_request_under_way": (
        [("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0), ("open", 2, 0, "a"), ("open", 3, 1, "a")],
        (None, 2), 1, [], {ADDRESS_MADE_ROOM: 1}),
    "third_of_one_address_that_has_requests_under_way": (
        [*(step for key in (1, 2) for step in (("open", key, 0, "a"), ("heard", key, 0), ("asked", key, 0))), ("open", 3, 1, "a")],
        (BY_ADDRESS, None), 1, [], {BY_ADDRESS: 1}),
    "third_of_one_address_takes_the_place_of_its_answer_that_is_not_taken": (
        [*(step for key in (1, 2) for step in (("open", key, 0, "a"), ("heard", key, 0), ("asked", key, 0))), ("blocked", 1, 1),
         ("blocked", 2, 1), ("flowing", 1, 1), ("open", 3, 2, "a")],
        (None, 2), 2, [], {ADDRESS_MADE_ROOM: 1}),
    "an_answer_of_another_address_that_is_not_taken_stays": (
        [*(step for key, of in ((1, "b"), (2, "a"), (3, "a")) for step in (("open", key, 0, of), ("heard", key, 0), ("asked", key, 0))),
         ("blocked", 1, 1), ("open", 4, 2, "a")],
        (BY_ADDRESS, None), 2, [], {BY_ADDRESS: 1}),
    "known_ones_do_not_count_for_their_address": (
        [("open", 1, 0, "a"), ("known", 1, 0, "g-1"), ("open", 2, 0, "a"), ("known", 2, 0, "g-2"), ("open", 3, 1, "a")],
        (None, None), 1, [], {}),
    "a_known_one_beside_silent_ones_of_its_address": (
        [("open", 1, 0, "a"), ("known", 1, 0, "g-1"), ("open", 2, 0, "a"), ("open", 3, 0, "a"), ("open", 4, 1, "a")],
        (None, 2), 1, [], {ADDRESS_MADE_ROOM: 1}),
    "one_that_is_known_in_the_middle_of_its_request": (
        [("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0), ("known", 1, 0, "g-1"), ("answered", 1, 0), ("open", 2, 0, "a"),
         ("open", 3, 0, "a"), ("open", 4, 1, "a")],
        (None, 2), 1, [], {ADDRESS_MADE_ROOM: 1}),
    "beyond_its_limit_a_client_counts_for_its_address": (
        [*(step for key in (1, 2, 3) for step in (("open", key, 0, "a"), ("known", key, 0, "g-1"))), ("close", 1, 0), ("open", 4, 0, "a"),
         ("open", 5, 1, "a")],
        (None, 3), 1, [], {ADDRESS_MADE_ROOM: 1}),
    "a_client_that_closed_one_has_room_for_another": (
        [*(step for key in (1, 2) for step in (("open", key, 0, "a"), ("known", key, 0, "g-1"))), ("close", 1, 0), ("open", 3, 0, "a"),
         ("known", 3, 0, "g-1"), ("open", 4, 0, "a"), ("open", 5, 1, "b")],
        (None, 4), 1, [], {MADE_ROOM: 1}),
    "third_of_one_address_after_one_left": (
        [("open", 1, 0, "a"), ("open", 2, 0, "a"), ("close", 1, 0), ("open", 3, 1, "a")], (None, None), 1, [], {}),
    "fourth_takes_the_place_of_the_longest_silent": (
        [("open", 1, 0, "a"), ("open", 2, 0, "b"), ("open", 3, 0, "c"), ("heard", 1, 1), ("open", 4, 2, "d")],
        (None, 2), 2, [], {MADE_ROOM: 1}),
    "fourth_spares_a_request_under_way": (
        [("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0), ("open", 2, 1, "b"), ("heard", 2, 1), ("asked", 2, 1), ("open", 3, 1, "c"),
         ("heard", 3, 2), ("open", 4, 3, "d")],
        (None, 3), 3, [], {MADE_ROOM: 1}),
    "fourth_when_all_have_a_request_under_way": (
        [*(step for key in (1, 2, 3) for step in (("open", key, 0, str(key)), ("heard", key, 0), ("asked", key, 0))), ("open", 4, 1, "d")],
        (FULL, None), 1000, [], {FULL: 1}),
    "fourth_takes_the_place_of_one_that_does_not_take_its_answer": (
        [*(step for key in (1, 2, 3) for step in (("open", key, 0, str(key)), ("heard", key, 0), ("asked", key, 0))), ("blocked", 2, 1),
         ("open", 4, 2, "d")],
        (None, 2), 2, [], {MADE_ROOM: 1}),
    "fourth_does_not_take_the_place_of_a_known_one_on_a_slow_line": (
        [*(step for key in (1, 2, 3) for step in (("open", key, 0, str(key)), ("heard", key, 0), ("asked", key, 0))),
         ("known", 2, 1, "g-2"), ("blocked", 2, 1), ("open", 4, 2, "d")],
        (FULL, None), 2, [], {FULL: 1}),
    "answered_ones_are_closed_for_others_again": (
        [*(step for key in (1, 2, 3) for step in (("open", key, 0, str(key)), ("heard", key, 0), ("asked", key, 0))), ("answered", 2, 1),
         ("open", 4, 2, "d")],
        (None, 2), 2, [], {MADE_ROOM: 1}),
    "fourth_takes_the_place_of_a_stranger_who_spoke_later": (
        [("open", 1, 0, "a"), ("known", 1, 0, "g-1"), ("open", 2, 0, "b"), ("open", 3, 0, "c"), ("heard", 2, 1), ("heard", 3, 2),
         ("open", 4, 3, "d")],
        (None, 2), 3, [], {MADE_ROOM: 1}),
    "fourth_takes_the_place_of_a_stranger_who_does_not_take_his_answer_before_that_of_a_known_one": (
        [*(step for key in (1, 2) for step in (("open", key, 0, "a"), ("known", key, 0, f"g-{key}"))), ("open", 3, 0, "b"), ("heard", 3, 0),
         ("asked", 3, 0), ("blocked", 3, 1), ("open", 4, 2, "c")],
        (None, 3), 2, [], {MADE_ROOM: 1}),
    "fourth_takes_the_place_of_a_silent_stranger_before_that_of_one_who_does_not_take_his_answer": (
        [("open", 1, 0, "a"), ("known", 1, 0, "g-1"), ("open", 2, 0, "b"), ("heard", 2, 0), ("asked", 2, 0), ("blocked", 2, 1),
         ("open", 3, 1, "c"), ("open", 4, 2, "d")],
        (None, 3), 2, [], {MADE_ROOM: 1}),
    "fourth_where_all_are_known": (
        [*(step for key in (1, 2, 3) for step in (("open", key, 0, str(key)), ("known", key, 0, str(key)))), ("heard", 1, 1),
         ("open", 4, 2, "d")],
        (None, 2), 2, [], {MADE_ROOM: 1}),
    "half_a_request_in_drops": (
        [("open", 1, 0, "a"), *(("heard", 1, at) for at in range(1, 11))], (None, None), 11, [1], {HALF_REQUEST: 1}),
    "half_a_body": ([("open", 1, 0, "a"), ("heard", 1, 0), ("headed", 1, 9), ("heard", 1, 20)], (None, None), 29, [1], {HALF_REQUEST: 1}),
    "a_body_has_its_own_time": ([("open", 1, 0, "a"), ("heard", 1, 0), ("headed", 1, 9), ("heard", 1, 20)], (None, None), 28.9, [], {}),
    "a_long_poll": ([("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0)], (None, None), 1e6, [], {}),
    "idle_between_requests": (
        [("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0), ("answered", 1, 2)], (None, None), 17, [1], {IDLE: 1}),
    "the_next_request": (
        [("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0), ("answered", 1, 2), ("heard", 1, 16.9)], (None, None), 26.8, [], {}),
    "an_answer_that_is_not_taken": (
        [("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0), ("blocked", 1, 1), ("blocked", 1, 8)],
        (None, None), 9, [1], {NOT_TAKEN: 1}),
    "an_answer_that_is_taken_slowly": (
        [("open", 1, 0, "a"), ("heard", 1, 0), ("asked", 1, 0), ("blocked", 1, 1), ("flowing", 1, 8), ("blocked", 1, 8)],
        (None, None), 15, [], {}),
    "of_one_that_is_gone": (
        [("open", 1, 0, "a"), ("close", 1, 0), ("close", 1, 0), ("heard", 1, 0), ("headed", 1, 0), ("asked", 1, 0), ("answered", 1, 0),
         ("blocked", 1, 0), ("flowing", 1, 0)],
        (None, None), 1000, [], {}),
}  # fmt: skip


def play(table: ConnectionTable, verb: str, key: int, at: float, text: str = "") -> Admission | None:
    if verb == "open":
        return table.open(key, text, at)
    if verb == "known":
        table.known(key, text)
    elif verb in ("close", "flowing"):
        getattr(table, verb)(key)
    else:
        getattr(table, verb)(key, at)
    return None


@pytest.mark.parametrize("name", CASES)
def test_who_comes_in_and_who_has_to_go(name: str) -> None:
    steps, admission, at, overdue, counts = CASES[name]
    table = ConnectionTable(LIMITS)
    answers = [play(table, *step) for step in steps]
    assert [answer for answer in answers if answer][-1] == admission
    assert (table.pop_overdue(at), table.counts) == (overdue, Counter(counts))
    assert table.pop_overdue(at) == []


class Model:
    """What is true of every table, found by looking at everything each time."""

    def __init__(self) -> None:
        self.table = ConnectionTable(LIMITS)
        self.address: dict[int, str] = {}
        self.under_way: set[int] = set()
        self.known: dict[int, str] = {}
        self.blocked: set[int] = set()

    def spared(self, among: set[int]) -> set[int]:
        """With a request under way, and not unknown ones that do not take their answer."""
        return among & (self.under_way - (self.blocked - set(self.known)))

    def open(self, key: int, address: str, now: float) -> None:
        of_address = {other for other, its in self.address.items() if its == address and other not in self.known}
        everyone = set(self.address)
        refused, closed = self.table.open(key, address, now)
        at_address, full = len(of_address) >= LIMITS.by_address, len(everyone) == LIMITS.total
        among = of_address if at_address else everyone
        if (at_address or full) and self.spared(among) == among:
            assert (refused, closed) == (BY_ADDRESS if at_address else FULL, None)
            return
        assert refused is None
        assert (closed is not None) == (at_address or full)
        if closed is not None:
            assert closed in among - self.spared(among)
            unknown = among - set(self.known)
            assert closed not in self.under_way or not unknown - self.under_way, "of unknown ones, one without a request first"
            assert closed not in self.known or unknown <= self.spared(unknown), "an unknown one first"
            self.forget(closed)
        self.address[key] = address

    def follow(self, verb: str, key: int, client: str) -> None:
        if verb == "asked":
            self.under_way.add(key)
        elif verb in ("answered", "headed"):
            self.under_way.discard(key)
        elif verb == "known" and key not in self.known and list(self.known.values()).count(client) < LIMITS.by_client:
            self.known[key] = client
        elif verb == "blocked":
            self.blocked.add(key)
        elif verb == "flowing":
            self.blocked.discard(key)
        elif verb == "close":
            self.forget(key)

    def forget(self, key: int) -> None:
        self.address.pop(key, None)
        self.known.pop(key, None)
        self.under_way.discard(key)
        self.blocked.discard(key)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "heard", "headed", "asked", "answered", "known", "blocked", "flowing", "close", "look"]),
        st.integers(0, 9),
        st.floats(0, 6),
    ),
    max_size=120,
)


@given(_STEPS)
def test_no_limit_is_passed_and_none_is_refused_without_need(steps: list[tuple[str, int, float]]) -> None:
    model, now, newest = Model(), 0.0, 0
    for verb, choice, later in steps:
        now += later
        known = sorted(model.address)
        if verb == "open":
            newest += 1
            model.open(newest, "abc"[choice % 3], now)
        elif verb == "look":
            for key in model.table.pop_overdue(now):
                model.forget(key)
        elif known:
            key = known[choice % len(known)]
            client = "gh"[choice % 2]
            play(model.table, verb, key, now, client)
            model.follow(verb, key, client)
        assert len(model.table) == len(model.address) <= LIMITS.total
    assert set(model.table.pop_overdue(now + 1000)) >= set(model.address) - model.under_way
    for key in model.under_way:
        model.table.close(key)
    assert len(model.table) == 0
    assert not model.table._addresses and not model.table._clients, "what is gone is forgotten"
