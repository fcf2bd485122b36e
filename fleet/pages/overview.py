"""The district on one page: trouble first, searched, filtered, grouped, a page of rows at a time. Asks no clock and no database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from fleet.pages import node_rows, words
from fleet.pages.node_rows import NodeRow
from fleet.pages.wording import Wording
from fleet.record.latest import NodeLatest
from fleet.record.node_list import NodeView

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class View:
    """What a visitor wished, as it stands in the address. search: within id, site or gateway. state: of words.STATES, "" for all."""

    search: str = ""
    state: str = ""
    site: str = ""
    gateway: str = ""
    group: str = "site"
    page: int = 1

    def address(self, **changed: object) -> str:
        """Of this view with something changed; what is as usual is left out. A change of what is shown begins on the first page."""
        wished = {"q": self.search, "state": self.state, "site": self.site, "gateway": self.gateway, "group": self.group, **changed}
        usual = {"group": "site", "page": 1}
        return "?" + urlencode({name: value for name, value in wished.items() if value and value != usual.get(name)})

    def takes(self, node: NodeView, state: str) -> bool:
        if (self.state and state != self.state) or (self.site and node.site != self.site):
            return False
        if self.gateway and node.gateway != self.gateway:
            return False
        wanted = self.search.casefold().split()
        if not wanted:
            return True
        text = f"{node.id} {node.site} {node.site_name} {node.gateway}".casefold()
        return all(word in text for word in wanted)


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


def overview(nodes: Iterable[NodeView], latest: Iterable[NodeLatest], now_ms: int, view: View, wording: Wording) -> Overview:
    channels = {of_node.node: of_node.channels for of_node in latest}
    # A gateway is a row once it measures something itself.
    shown = [node for node in nodes if channels.get(node.id) or not node.station]
    states = {node.id: node_rows.state_of(node, channels.get(node.id, []), now_ms) for node in shown}
    matching = [node for node in shown if view.takes(node, states[node.id])]
    # Of a thousand nodes only those on the page are put into words.
    placed = _placed(sorted(matching, key=lambda node: (words.STATES.index(states[node.id]), node.id)), view.group)
    pages = max(1, -(-len(matching) // PAGE_ROWS))
    start = (min(max(1, view.page), pages) - 1) * PAGE_ROWS
    rows = [(key, node_rows.row(node, channels.get(node.id, []), now_ms, wording)) for key, node in placed[start : start + PAGE_ROWS]]
    groups = _groups(rows, view.group)
    counts = Counter(states.values())
    columns = node_rows.columns(row for group in groups for row in group.rows)
    return Overview(view, len(shown), counts, len(matching), start + 1, pages, groups, columns)


def _placed(ordered: list[NodeView], by: str) -> list[tuple[str, NodeView]]:
    """Each with the key of its group: groups in the order of their first node, and in each its nodes as they were."""
    found: dict[str, list[NodeView]] = {}
    for node in ordered:
        found.setdefault({"site": node.site, "gateway": node.gateway}.get(by, ""), []).append(node)
    return [(key, node) for key, of_key in found.items() for node in of_key]


def _groups(rows: list[tuple[str, NodeRow]], by: str) -> list[Group]:
    found: dict[str, list[NodeRow]] = {}
    for key, row in rows:
        found.setdefault(key, []).append(row)
    return [Group(key, of_key[0].site_name if by == "site" else key, of_key) for key, of_key in found.items()]
