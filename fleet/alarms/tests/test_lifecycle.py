"""What may happen to an alarm in which state: every pair, and any order of steps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.alarms.lifecycle import KINDS, LEVELS, STATES, Handling, Kind, State, after, possible

NO: dict[Kind, None] = {}
# state -> kind of step -> state after; a kind that is missing is refused.
TABLE: dict[State, dict[Kind, State]] = {
    "raised": {
        "acknowledged": "acknowledged", "assigned": "assigned", "escalated": "raised", "commented": "raised", "resolved": "resolved",
        "ended": "resolved",
    },
    "acknowledged": {
        "assigned": "assigned", "escalated": "acknowledged", "commented": "acknowledged", "resolved": "resolved", "ended": "resolved",
    },
    "assigned": {
        "assigned": "assigned", "escalated": "assigned", "commented": "assigned", "resolved": "resolved", "ended": "resolved",
    },
    "resolved": {"reopened": "raised", "commented": "resolved"},
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_leads_where_the_table_says_or_is_refused(state: State, kind: Kind) -> None:
    found = after(Handling(state, "bo", 1), kind, "eva")
    assert (found and found.state) == TABLE[state].get(kind)
    if found:
        assert found.assignee == {"assigned": "eva", "raised": "", "reopened": ""}.get(kind, "bo")


def test_an_alarm_is_escalated_up_to_the_district_and_not_beyond() -> None:
    handling, levels = Handling(), []
    while handling_after := after(handling, "escalated"):
        handling = handling_after
        levels.append(handling.level)
    assert levels == list(range(1, len(LEVELS)))


def test_what_a_person_may_do_is_named() -> None:
    assert possible(Handling("resolved")) == ["commented", "reopened"]
    assert possible(Handling("raised", "", 3)) == ["acknowledged", "assigned", "commented", "resolved"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(KINDS), max_size=20))
def test_no_order_of_steps_leaves_the_table(steps: list[Kind]) -> None:
    handling = Handling()
    for kind in steps:
        found = after(handling, kind, "eva")
        assert found is None or (found.state in STATES and 0 <= found.level < len(LEVELS))
        assert found is None or kind not in ("raised", "reopened") or found == Handling()
        handling = found or handling
    assert handling.is_open == (handling.state != "resolved")
