"""The whole firmware with two links, with many on one wire, and with none for half a day: hours on the bench's clock."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from firmware.tests.far_end import KEY, NODE
from hil_tests.board.board import VirtualBoard
from hil_tests.board.device import words
from hil_tests.board.lockstep import Lockstep
from hil_tests.lockstep_gateway import LockstepGateway
from hil_tests.lockstep_wire import LockstepWire
from technician.build import flash_files

pytestmark = pytest.mark.hil

MINUTE_S, HOUR_S = 60, 3600
PERIOD_MS = 10_000


class Site:
    """Nodes, a gateway with a broker, and a wire to it."""

    def __init__(self, folder: Path) -> None:
        self.bench = Lockstep()
        self.gateway = LockstepGateway()
        self.bench.add(self.gateway)
        self.boards: list[VirtualBoard] = []
        self._folder = folder

    def board(self, node: str, **links: Any) -> VirtualBoard:
        board = VirtualBoard(self._folder / node, unique_id=f"{len(self.boards) + 1:016x}", lockstep=self.bench)
        self.boards.append(board)
        settings = {"period_ms": PERIOD_MS, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]}
        identity = {"node": node, "key": KEY.hex(), "settings": settings, **links}
        board.flash({**flash_files("virtual"), "/identity.json": json.dumps(identity).encode()})
        return board

    def by_wifi(self) -> dict[str, Any]:
        return {"wifi": {"ssid": "s", "password": "p"}, "broker": {"host": "127.0.0.1", "port": self.gateway.port}}

    def wire(self, nodes: dict[int, str]) -> LockstepWire:
        fds = {address: (node, board.uart_master_fd(0)) for (address, node), board in zip(nodes.items(), self.boards, strict=True)}
        wire = LockstepWire(self.gateway, fds)
        self.bench.add(wire)
        return wire

    def reported(self, key: str) -> list[dict[str, Any]]:
        return [item["a"] for kind, item in self.gateway.items.values() if kind == "event" and item["k"] == key]

    def missing(self) -> list[tuple[str, int]]:
        """Numbers below the newest of each boot that are not there."""
        newest: dict[str, int] = {}
        for boot, seq in self.gateway.items:
            newest[boot] = max(seq, newest.get(boot, 0))
        return [(boot, seq) for boot, last in newest.items() for seq in range(last) if (boot, seq) not in self.gateway.items]

    def injected(self) -> list[str | None]:
        return [ended for board in self.boards for _, ended in board.boots if ended is not None]

    def close(self) -> None:
        for board in self.boards:
            board.stop()
        self.gateway.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def by_wire(address: int) -> dict[str, Any]:
    return {"serial": {"mode": "multidrop", "port": 0, "baud": 9600, "address": address}}


def delays_ms(site: Site, since_ms: int) -> list[int]:
    """From the end of each report to its arrival."""
    found = []
    for key, (kind, item) in site.gateway.items.items():
        if kind == "report" and "u" in item and item["u"] >= since_ms:
            found.append(site.gateway.arrived_ms[key] - item["u"] - item["d"])
    return found


def test_a_node_with_two_links_goes_over_to_the_wire_and_back_and_loses_nothing(site: Site) -> None:
    board = site.board(NODE, **site.by_wifi(), **by_wire(5))
    wire = site.wire({5: NODE})
    board.start()
    site.bench.run_for(5 * MINUTE_S)
    assert site.reported("link") == [] and wire.primary.counters["answers"] > 100
    board.set_access_point(words.AP_GONE)
    site.bench.run_until(lambda: site.reported("link") == [{"to": "serial"}], 6 * MINUTE_S, "the wire")
    site.bench.run_for(MINUTE_S)  # what waited in flash goes
    over_ms, written = site.bench.now_ms(), board.block_operations
    site.bench.run_for(2 * HOUR_S)
    assert site.reported("link")[-1] == {"to": "serial"} and len(site.reported("link")) > 3  # tries of the other one, told afterwards
    # A try costs half a minute of the wire, and nothing goes to flash for it.
    assert max(delays_ms(site, over_ms)) < 45_000
    assert board.block_operations == written
    board.set_access_point(words.AP_GOOD)
    site.bench.run_until(lambda: site.reported("link")[-1] == {"to": "wifi"}, 20 * MINUTE_S, "the Wi-Fi again")
    wire.polls = False
    site.bench.run_for(10 * MINUTE_S)
    assert site.reported("link")[-1] == {"to": "wifi"}
    assert site.missing() == [] and site.gateway.contradicting == []
    assert site.injected() == []


def test_three_nodes_on_one_wire_never_speak_at_once_and_nothing_is_lost(site: Site) -> None:
    nodes = {3: "n-3", 4: "n-4", 200: "n-200"}
    for address, node in nodes.items():
        site.board(node, **by_wire(address))
    wire = site.wire(nodes)
    for board in site.boards:
        board.start()
    site.bench.run_for(3 * MINUTE_S)
    assert len(site.gateway.boots) == 3
    site.boards[1].cut_power()
    site.bench.run_for(MINUTE_S)
    site.boards[1].power_on()
    site.bench.run_for(MINUTE_S)
    wire.polls = False
    site.bench.run_for(3 * MINUTE_S)  # longer than items wait in RAM
    wire.polls = True
    site.bench.run_for(3 * MINUTE_S)
    assert wire.collisions == 0
    assert len(site.gateway.boots) == 4 and site.missing() == []
    for boot in site.gateway.boots:
        reports = [item for (of, _), (kind, item) in sorted(site.gateway.items.items()) if of == boot and kind == "report"]
        assert all(before["s"] + before["d"] == after["s"] for before, after in pairwise(reports))
    count = sum(kind == "report" for kind, _ in site.gateway.items.values())
    assert count >= (11 + 11 + 3 + 7) * 6 - 8
    assert site.injected() == ["power_cut"]


def test_half_a_day_without_any_network_is_no_reason_to_restart_and_all_of_it_arrives(site: Site) -> None:
    board = site.board(NODE, **site.by_wifi())
    site.gateway.away = True
    board.start()
    board.set_access_point(words.AP_GONE)
    for state in (words.AP_REFUSES, words.AP_NO_DHCP, words.AP_GOOD):
        site.bench.run_for(3 * HOUR_S)
        board.set_access_point(state)
    site.bench.run_for(3 * HOUR_S)  # with a broker that takes nobody
    site.gateway.away = False
    site.bench.run_for(20 * MINUTE_S)
    assert site.injected() == [] and len(site.gateway.boots) == 1
    lost = {seq for loss in site.reported("dropped") for seq in range(loss["from"], loss["to"] + 1)}
    assert [seq for _, seq in site.missing() if seq not in lost] == []
    reports = sum(kind == "report" for kind, _ in site.gateway.items.values())
    assert reports + len(lost) >= 12 * HOUR_S * 1000 // PERIOD_MS
