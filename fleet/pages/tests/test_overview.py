import pytest

from fleet.pages.overview import PAGE_ROWS, Overview, View, overview, standings
from fleet.pages.tests.test_node_rows import ENGLISH, NOW_MS, node, value
from fleet.record.latest import NodeLatest
from fleet.record.node_list import NodeView

AGES_S = {"n-1": 3.0, "n-2": 3.0, "n-3": 5000.0, "n-4": 30.0}


def at(name: str, site: str, gateway: str, age_s: float) -> NodeView:
    made = node(age_s, name)
    return NodeView(
        name, site, site.title(), gateway, 0, 0, 0, made.last_ms, 0, "confirmed", station=False
    )  # fmt: skip


NODES = [at("n-1", "gate", "gw-1", 3), at("n-2", "park", "gw-2", 3), at("n-3", "park", "gw-2", 5000), at("n-4", "gate", "gw-1", 30)]
LATEST = [NodeLatest(name, [value(age_s=age_s)]) for name, age_s in AGES_S.items()]


def shown(view: View) -> Overview:
    return overview(standings(NODES, LATEST, NOW_MS), NOW_MS, view, ENGLISH)


def test_trouble_comes_first_in_groups_and_between_them() -> None:
    found = shown(View())
    assert [(group.name, [row.id for row in group.rows]) for group in found.groups] == [("Park", ["n-3", "n-2"]), ("Gate", ["n-4", "n-1"])]
    assert [row.id for row in shown(View(group="none")).rows] == ["n-3", "n-4", "n-1", "n-2"]


@pytest.mark.parametrize(
    ("view", "ids"),
    [
        (View(search="park"), ["n-3", "n-2"]),
        (View(search="PARK n-2"), ["n-2"]),
        (View(search="gw-1"), ["n-4", "n-1"]),
        (View(state="late"), ["n-4"]),
        (View(site="gate", state="live"), ["n-1"]),
        (View(gateway="gw-2"), ["n-3", "n-2"]),
        (View(search="nothing like it"), []),
    ],
)
def test_a_view_has_what_it_asks_for_and_counts_all(view: View, ids: list[str]) -> None:
    found = shown(view)
    assert [row.id for row in found.rows] == ids
    assert (found.total, found.matching, found.counts["silent"]) == (4, len(ids), 1)


def test_a_thousand_nodes_come_a_page_at_a_time_and_each_once() -> None:
    nodes = [at(f"n-{number:04}", f"s-{number % 7}", "gw", 3) for number in range(1000)]
    found = standings(nodes, [], NOW_MS)
    pages = [overview(found, NOW_MS, View(page=number), ENGLISH) for number in range(1, 21)]
    seen = [row.id for page in pages for row in page.rows]
    assert len(seen) == 1000 and set(seen) == {one.id for one in nodes}
    assert {len(page.rows) for page in pages} == {PAGE_ROWS}
    assert pages[1].first == PAGE_ROWS + 1
    assert overview(found, NOW_MS, View(page=99), ENGLISH).rows == pages[-1].rows


def test_an_address_says_what_is_not_as_usual() -> None:
    view = View(search="a b", state="late", page=3)
    assert view.address() == "?q=a+b&state=late"
    assert view.address(page=4) == "?q=a+b&state=late&page=4"
    assert view.address(state="") == "?q=a+b"
