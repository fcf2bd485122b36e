"""A small district on one machine: the real fleet service, and per site a real broker and gateway and virtual nodes.

Wires and starts; judges nothing. Everything it starts ends with it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hil_tests.board.board import VirtualBoard
from hil_tests.fleet_service import FleetService
from hil_tests.plan import DistrictPlan, NodePlan
from hil_tests.processes import wait_until
from hil_tests.sensors.clock import BenchClock
from hil_tests.sensors.host import SensorHost
from hil_tests.sensors.scenario import Scenario, steady
from hil_tests.site_gateway import SiteGateway
from hil_tests.virtual_node import Air, VirtualNode

PAGE_ITEMS = 500


class District:
    def __init__(
        self,
        plan: DistrictPlan,
        folder: Path,
        *,
        rate: float = 1,
        seed: int = 1,
        scenario: Scenario | None = None,
        scenarios: Mapping[str, Air] | None = None,
        heap: str = "512k",
        heap_probe_ms: int = 0,
        fleet_port: int = 0,
        fleet_urls: Mapping[str, str] | None = None,
        areas: bytes | None = None,
        news: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`fleet_urls`: by site, how its gateway reaches the fleet where that is not directly. `areas`: of the grid, as files for import
        in a ZIP; each site goes into the cell that it lies in."""
        self._news = news
        self.plan = plan
        self.clock = BenchClock(rate)
        self.host = SensorHost(clock=self.clock)
        self.fleet = FleetService(folder / "fleet", self.clock, fleet_port)
        urls = {site.id: (fleet_urls or {}).get(site.id, self.fleet.url) for site in plan.sites}
        self.gateways = {site.id: SiteGateway(f"gw-{site.id}", folder / site.id, urls[site.id], self.clock) for site in plan.sites}
        self.nodes = {}
        for index, node in enumerate(plan.nodes):
            board = VirtualBoard(folder / node.node, unique_id=f"{index + 1:016x}", heap=heap, rate=rate, heap_probe_ms=heap_probe_ms)
            air: Air = (scenarios or {}).get(node.node, scenario or steady())
            self.nodes[node.node] = VirtualNode(node, board, self.host, air, seed + 1000 * index)
        self._areas = areas
        self._boards_started = False

    def __enter__(self) -> "District":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Fleet, sites, nodes: until every gateway knows its nodes and every board runs."""
        self.start_services()
        self.start_nodes()

    def start_services(self) -> None:
        self.fleet.prepare()
        self.fleet.start()
        self._news("the fleet service runs")
        if self._areas is not None:
            self.fleet.api.post_file("district.zip?reason=made+up", self._areas, "application/zip")
        keys = {}
        for site in self.plan.sites:
            self.fleet.api.post("sites", asdict(site))
            gateway = self.gateways[site.id]
            code = self.fleet.api.post("gateways", {"id": gateway.name, "site": site.id})["enrolment_code"]
            gateway.enrol(code)
        for node in self.plan.nodes:
            keys[node.node] = self.register(node)
        for gateway in self.gateways.values():
            gateway.start()
        for gateway in self.gateways.values():
            wait_until(gateway.knows_its_nodes, within_s=30, what=f"{gateway.name} having its configuration\n{gateway.program.tail()}")
            self._news(f"{gateway.name}: enrolled, its broker runs, it has its configuration")
        self._keys = keys

    def register(self, node: NodePlan) -> str:
        """Makes the node known to the fleet, with the settings it is shipped with; answers its key."""
        described = {"id": node.node, "gateway": f"gw-{node.site}", "site": node.site, "settings": node.as_shipped()}
        return str(self.fleet.api.post("nodes", described)["key"])

    def start_nodes(self) -> None:
        for name, node in self.nodes.items():
            node.flash(self._keys[name], self.gateways[node.plan.site].broker.port)
            node.connect_sensors()
            self._news(f"{name}: flashed")
        self.host.start()
        for node in self.nodes.values():
            node.board.start()
        self._boards_started = True

    def stop(self) -> None:
        for node in self.nodes.values():
            node.stop()
        if self._boards_started:
            self.host.stop()
        for gateway in self.gateways.values():
            gateway.stop()
        self.fleet.program.stop()

    def items(self, node: str) -> Iterator[dict[str, Any]]:
        """Everything that the record holds of a node, boot by boot in their order."""
        for boot in self.ledger(node):
            yield from self.fleet.api.every(f"nodes/{node}/items", boot=boot["boot"], limit=PAGE_ITEMS)

    def reports(self, node: str) -> list[dict[str, Any]]:
        return [item for item in self.items(node) if item["kind"] == "report"]

    def ledger(self, node: str) -> list[dict[str, Any]]:
        return list(self.fleet.api.every(f"nodes/{node}/ledger", "boots"))

    def highest(self, node: str) -> int:
        """The greatest sequence number of the newest boot in the record; -1 before the first."""
        boots = self.ledger(node)
        return int(boots[-1]["highest"]) if boots else -1

    def received(self, node: str) -> int:
        return sum(boot["received"] for boot in self.ledger(node))

    def wait_for_items(self, count: int, *, within_s: float, nodes: tuple[str, ...] = ()) -> None:
        """Until the record holds so many items of each of the nodes (of every one when none is named)."""
        for node in nodes or tuple(self.nodes):
            wait_until(
                lambda node=node: self.received(node) >= count,  # type: ignore[misc]
                within_s=within_s,
                what=f"{count} items of {node} in the record; its console: {self.nodes[node].board.console()[-600:]}",
                every_s=0.2,
            )
