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

    def takes(self, row: NodeRow) -> bool:
        if (self.state and row.state != self.state) or (self.site and row.site != self.site):
            return False
        if self.gateway and row.gateway != self.gateway:
            return False
        wanted = self.search.casefold().split()
        text = f"{row.id} {row.site} {row.site_name} {row.gateway}".casefold()
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
    rows = [node_rows.row(node, channels.get(node.id, []), now_ms, wording) for node in shown]
    matching = [row for row in rows if view.takes(row)]
    pages = max(1, -(-len(matching) // PAGE_ROWS))
    start = (min(max(1, view.page), pages) - 1) * PAGE_ROWS
    groups = _part(_groups(matching, view.group), start, start + PAGE_ROWS)
    counts = Counter(row.state for row in rows)
    columns = node_rows.columns(row for group in groups for row in group.rows)
    return Overview(view, len(rows), counts, len(matching), start + 1, pages, groups, columns)


def _part(groups: list[Group], start: int, end: int) -> list[Group]:
    """The rows from start to before end, with the groups that they are in."""
    found, before = [], 0
    for group in groups:
        rows = group.rows[max(0, start - before) : max(0, end - before)]
        before += len(group.rows)
        if rows:
            found.append(Group(group.key, group.name, rows))
    return found


def _groups(rows: list[NodeRow], by: str) -> list[Group]:
    """In the order of their worst row, and in it of its rows: trouble first, then by name."""
    found: dict[str, list[NodeRow]] = {}
    for row in sorted(rows, key=lambda row: (words.STATES.index(row.state), row.id)):
        found.setdefault({"site": row.site, "gateway": row.gateway}.get(by, ""), []).append(row)
    return [Group(key, of_key[0].site_name if by == "site" else key, of_key) for key, of_key in found.items()]
