"""The district on one page: trouble first, searched, filtered, grouped, a page of rows at a time. Asks no clock and no database."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from fleet.pages import node_rows, words
from fleet.pages.node_rows import NodeRow
from fleet.pages.wording import Wording
from fleet.record.latest import LatestValue, NodeLatest
from fleet.record.node_list import NodeView

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class View:
    """What a visitor wished, as it stands in the address. search: within id, site or gateway. state: of words.STATES, "" for all.
    area: those in it and below."""

    search: str = ""
    state: str = ""
    site: str = ""
    gateway: str = ""
    area: str = ""
    group: str = "site"
    page: int = 1

    def address(self, **changed: object) -> str:
        """Of this view with something changed; what is as usual is left out. A change of what is shown begins on the first page."""
        wished: dict[str, object] = {"q": self.search, "state": self.state, "site": self.site, "gateway": self.gateway, "area": self.area}
        wished |= {"group": self.group, **changed}
        usual = {"group": "site", "page": 1}
        return "?" + urlencode({name: value for name, value in wished.items() if value and value != usual.get(name)})

    def of(self, nodes: "Iterable[Standing]", in_area: Collection[str]) -> "list[Standing]":
        """in_area: the sites of its area."""
        wanted = self.search.casefold().split()
        return [
            one
            for one in nodes
            if (not self.state or one.state == self.state)
            and (not self.site or one.node.site == self.site)
            and (not self.gateway or one.node.gateway == self.gateway)
            and (not self.area or one.node.site in in_area)
            and all(word in one.text for word in wanted)
        ]


@dataclass(frozen=True, slots=True)
class Standing:
    """A node as every view of it has it. channels: with its newest values. state: of words.STATES. text: in which is searched."""

    node: NodeView
    channels: list[LatestValue]
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """name: what is shown of it. key: id of the site or gateway, "" where rows are not grouped."""

    key: str
    name: str
    rows: list[NodeRow]


@dataclass(frozen=True, slots=True)
class Overview:
    """counts: by state, of all nodes. matching: how many rows the view has on all pages; first: number of the first one shown."""

    view: View
    total: int
    counts: Counter[str]
    matching: int
    first: int
    pages: int
    groups: list[Group]
    columns: list[tuple[str, ...]]

    @property
    def rows(self) -> list[NodeRow]:
        return [row for group in self.groups for row in group.rows]


def standings(nodes: Iterable[NodeView], latest: Iterable[NodeLatest], now_ms: int) -> list[Standing]:
    """Trouble first. Of all that is shown the same to everybody, made once."""
    channels = {of_node.node: of_node.channels for of_node in latest}
    # A gateway is a row once it measures something itself.
    shown = [_standing(node, channels.get(node.id, []), now_ms) for node in nodes if channels.get(node.id) or not node.station]
    return sorted(shown, key=lambda one: (words.STATES.index(one.state), one.node.id))


def _standing(node: NodeView, channels: list[LatestValue], now_ms: int) -> Standing:
    text = f"{node.id} {node.site} {node.site_name} {node.gateway}".casefold()
    return Standing(node, channels, node_rows.state_of(node, channels, now_ms), text)


def overview(nodes: list[Standing], now_ms: int, view: View, wording: Wording, in_area: Collection[str] = ()) -> Overview:
    """nodes: trouble first. now_ms: when they stood so. in_area: the sites of the area that is wished."""
    matching = view.of(nodes, in_area)
    # Of a thousand nodes only those on the page are put into words.
    placed = _placed(matching, view.group)
    pages = max(1, -(-len(matching) // PAGE_ROWS))
    start = (min(max(1, view.page), pages) - 1) * PAGE_ROWS
    rows = [(key, node_rows.row(one.node, one.channels, now_ms, wording)) for key, one in placed[start : start + PAGE_ROWS]]
    groups = _groups(rows, view.group)
    counts = Counter(one.state for one in nodes)
    columns = node_rows.columns(row for group in groups for row in group.rows)
    return Overview(view, len(nodes), counts, len(matching), start + 1, pages, groups, columns)


def _placed(ordered: list[Standing], by: str) -> list[tuple[str, Standing]]:
    """Each with the key of its group: groups in the order of their first node, and in each its nodes as they were."""
    found: dict[str, list[Standing]] = {}
    for one in ordered:
        found.setdefault({"site": one.node.site, "gateway": one.node.gateway}.get(by, ""), []).append(one)
    return [(key, one) for key, of_key in found.items() for one in of_key]


def _groups(rows: list[tuple[str, NodeRow]], by: str) -> list[Group]:
    found: dict[str, list[NodeRow]] = {}
    for key, row in rows:
        found.setdefault(key, []).append(row)
    return [Group(key, of_key[0].site_name if by == "site" else key, of_key) for key, of_key in found.items()]
