"""Which deployment a moment belongs to, and which position a slot has: no two sensors on one position at a time, whatever happens."""

from hypothesis import given
from hypothesis import strategies as st

from fleet.places.deployments import DeployedSlot, Deployment, deployment_at, has_one_place, position_for

FIRST = Deployment(1, "n-1", "s-1", "g-1", 100, 200, None)
SECOND = Deployment(2, "n-2", "s-1", "g-1", 200, None, 1)


def test_a_moment_within_a_deployment_is_its_own() -> None:
    assert [deployment_at([FIRST], at_ms) for at_ms in (100, 199)] == [(FIRST, False)] * 2
    assert [deployment_at([SECOND], at_ms) for at_ms in (200, 10**15)] == [(SECOND, False)] * 2


def test_after_its_end_and_before_a_replacement_it_is_outside() -> None:
    assert deployment_at([FIRST], 200) == (FIRST, True)
    assert deployment_at([SECOND], 199) == (SECOND, True)


def test_before_a_first_deployment_its_position_was_empty() -> None:
    assert deployment_at([FIRST], 0) == (FIRST, False)


def test_of_several_deployments_the_nearest_counts() -> None:
    later = Deployment(3, "n-1", "s-2", "g-2", 1000, None, None)
    places = {at_ms: deployment_at([FIRST, later], at_ms) for at_ms in (0, 150, 250, 900, 1000)}
    assert {at_ms: (place.id, outside) for at_ms, (place, outside) in places.items()} == {
        0: (1, False), 150: (1, False), 250: (1, True), 900: (3, False), 1000: (3, False),
    }  # fmt: skip


def test_only_a_node_without_predecessor_that_is_still_deployed_has_one_place() -> None:
    lasting = Deployment(1, "n-1", "s-1", "g-1", 100, None, None)
    assert [has_one_place(places) for places in ([lasting], [FIRST], [SECOND], [lasting, SECOND])] == [True, False, False, False]


def test_a_replacement_takes_over_slot_by_slot_also_over_two_exchanges() -> None:
    replaced = {1: None, 2: 1, 3: 2, 4: None}
    given_positions = {DeployedSlot(1, 0, False): 1, DeployedSlot(1, 5, False): 2, DeployedSlot(4, 0, False): 3}
    assert position_for(DeployedSlot(3, 0, False), replaced, given_positions) == 1
    assert position_for(DeployedSlot(2, 5, False), replaced, given_positions) == 2
    assert position_for(DeployedSlot(3, 1, False), replaced, given_positions) == 4


def test_what_a_predecessor_first_reports_late_joins_its_successor() -> None:
    assert position_for(DeployedSlot(1, 7, False), {1: None, 2: 1, 3: 2}, {DeployedSlot(3, 7, False): 1}) == 1


def test_what_is_outside_never_joins_a_position_of_the_place() -> None:
    assert position_for(DeployedSlot(2, 0, True), {1: None, 2: 1}, {DeployedSlot(1, 0, False): 1, DeployedSlot(2, 0, False): 1}) == 2


# (is it a replacement of the newest, or another node; slot; when its report is dated)
_REPORTS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 60)), max_size=60)


@given(st.lists(st.booleans(), min_size=1, max_size=8), _REPORTS)
def test_no_position_ever_has_two_sensors_at_one_moment(replaces_newest: list[bool], reports: list[tuple[int, int, int]]) -> None:
    deployments: list[Deployment] = []
    for number, replaces in enumerate(replaces_newest, start=1):
        before = deployments[-1] if replaces and deployments else None
        if before:
            deployments[-1] = Deployment(before.id, before.node, "s", "g", before.from_ms, 10 * number, before.replaces)
        deployments.append(Deployment(number, f"n-{number}", "s", "g", 10 * number, None, before.id if before else None))
    replaced = {deployment.id: deployment.replaces for deployment in deployments}
    positions: dict[DeployedSlot, int] = {}
    sensor_at: dict[tuple[int, int], tuple[str, int]] = {}
    for index, slot, at_ms in reports:
        place, outside = deployment_at([deployments[index % len(deployments)]], at_ms)
        wanted = DeployedSlot(place.id, slot, outside)
        if wanted not in positions:
            positions[wanted] = position_for(wanted, replaced, positions)
        assert sensor_at.setdefault((positions[wanted], at_ms), (place.node, slot)) == (place.node, slot)
