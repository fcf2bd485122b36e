"""Random moves of a node, cut lines and late deliveries: nothing that a gateway really holds is refused, nothing of the present is taken
from one that the node has left.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, select

from fleet.alarms.reported import record_alarm
from fleet.devices import moves, registration
from fleet.devices.moves import Whereabouts
from fleet.devices.registration import NewNode
from fleet.people.audit import Act
from fleet.places import sites
from fleet.places.sites import Site
from fleet.record.ingest.items import read_batch
from fleet.record.ingest.record import Delivery, record
from fleet.record.ingest.series import SeriesCatalogue, SeriesView
from fleet.record.tables import boot as boot_table
from fleet.store.dialect import new_engine
from fleet.store.engine import open_store, sqlite_url
from fleet.tests.district import START_MS, raw
from fleet.tests.postgresql import Cluster
from fleet.tests.test_life_of_things import CONSEQUENCES
from fleet.tests.test_tenure import REFUSED, dated
from fleet.tests.things import HOUR_MS

GATEWAYS = ("g-1", "g-2", "g-3")


@dataclass
class Holder:
    """A gateway: what it took and has not delivered, which node list it has, whether its line is up."""

    lists_node: bool = False
    online: bool = True
    held: list[tuple[str, int, float, float]] = field(default_factory=list)  # boot, seq, when the boot began, when


class Moves(RuleBasedStateMachine):
    """A node is moved at the fleet and carried over later; gateways are cut off, learn of the move when they are not, and deliver late."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine, self.catalogue = engine, SeriesCatalogue()
        self.hour, self.began = 0.0, 0.0
        self.holders = {name: Holder() for name in GATEWAYS}
        self.left: dict[str, float] = {}  # when each gateway was left last
        self.heard: dict[str, float] = {}  # when each was heard first since it has the node
        self.at = self.physically_at = "g-1"
        self.boot, self.seq = 1, 0
        self.spool: list[tuple[str, int, float, float]] = []
        self.expected: set[float] = set()
        with engine.begin() as connection:
            sites.add_site(connection, self._act(), Site("s-1", "s-1", 31.2, 121.5))
            for gateway in GATEWAYS:
                registration.add_gateway(connection, self._act(), CONSEQUENCES, gateway, "s-1", START_MS + HOUR_MS)
            registration.add_node(connection, self._act(), CONSEQUENCES, NewNode("n-1", "g-1", "s-1", None, None))
        self.holders["g-1"].lists_node = True

    def _act(self) -> Act:
        return Act("ada", START_MS + int(self.hour * HOUR_MS), "a change")

    @rule(gateway=st.sampled_from(GATEWAYS))
    def the_fleet_moves_the_node(self, gateway: str) -> None:
        # Back to a gateway only once it knows that it had been left: people see that on its page.
        if gateway == self.at or any(holder.lists_node and name != self.at for name, holder in self.holders.items()):
            return
        self.hour += 1
        with self.engine.begin() as connection:
            moves.move_node(connection, self._act(), CONSEQUENCES, "n-1", Whereabouts("s-1", gateway))
        self.left[self.at] = self.hour
        self.at = gateway
        self.left.pop(gateway, None)
        self.heard.pop(gateway, None)
        self._learn()

    @rule()
    def the_node_is_carried_over(self) -> None:
        self.physically_at = self.at

    @rule(gateway=st.sampled_from(GATEWAYS))
    def a_line_is_cut(self, gateway: str) -> None:
        self.holders[gateway].online = False

    @rule(gateway=st.sampled_from(GATEWAYS))
    def a_line_is_back(self, gateway: str) -> None:
        self.holders[gateway].online = True
        self._learn()

    def _learn(self) -> None:
        for name, holder in self.holders.items():
            holder.lists_node = name == self.at if holder.online else holder.lists_node

    @rule()
    def the_node_restarts(self) -> None:
        self.hour += 1
        self.boot, self.seq, self.began = self.boot + 1, 0, self.hour

    @rule()
    def the_node_reports(self) -> None:
        self.hour += 1
        self.spool.append((f"{self.boot:08x}aaaaaaaa", self.seq, self.began, self.hour))
        self.seq += 1
        holder = self.holders[self.physically_at]
        if holder.lists_node:
            holder.held += self.spool
            self.spool = []

    @rule(gateway=st.sampled_from(GATEWAYS), order=st.randoms(use_true_random=False))
    def a_gateway_delivers(self, gateway: str, order: Any) -> None:
        holder = self.holders[gateway]
        if not holder.online or not holder.held:
            return
        order.shuffle(holder.held)
        many = holder.held[: order.randint(1, len(holder.held))]
        del holder.held[: len(many)]
        results = self._ingest(gateway, [dated(boot, seq, began, hour) for boot, seq, began, hour in many])
        for (_, _, began, hour), result in zip(many, results, strict=True):
            end = self.left.get(gateway)
            # The one thing that is lost: a node that restarted at a gateway that was cut off and has lost it since.
            legitimate = end is None or hour <= end or began <= end
            assert (result["status"] == "accepted") == legitimate, (gateway, began, hour, end, result)
            if legitimate:
                self.expected.add(hour)
        if gateway == self.at and any(hour >= max(self.left.values(), default=0) for *_, hour in many):
            self.heard.setdefault(gateway, self.hour)

    @precondition(lambda self: self.left)
    @rule(number=st.integers(0, 9), of_now=st.booleans(), boots=st.integers(0, 2000))
    def a_gateway_that_was_left_speaks_for_the_node(self, number: int, of_now: bool, boots: int) -> None:
        gateway = sorted(self.left)[number % len(self.left)]
        end = self.left[gateway]
        if self.at not in self.heard or self.hour <= max(end, self.heard[self.at]) + 1:
            return
        began = self.hour - 0.5 if of_now else end - 0.5
        forged = dated(f"{self.boot + boots:08x}{'aaaaaaaa' if boots == 0 else 'ffffffff'}", 9999, began, self.hour)
        assert self._ingest(gateway, [forged]) == [REFUSED]

    def _ingest(self, gateway: str, items: list[Any]) -> list[dict[str, str]]:
        with self.engine.begin() as connection:
            view = SeriesView(connection, self.catalogue)
            results = record(connection, Delivery(gateway, read_batch(raw({"items": items})), self._act().now_ms), view, record_alarm)
        self.catalogue.learn(view)
        return results

    def teardown(self) -> None:
        with self.engine.connect() as connection:
            boots = connection.execute(select(boot_table).where(boot_table.c.node_id == "n-1").order_by(boot_table.c.boot)).all()
        assert sum(boot.received for boot in boots) == len(self.expected)
        assert [boot.ended_by for boot in boots] == [*(boot.boot for boot in boots[1:]), None][: len(boots)]
        self.engine.dispose()


def _run(new_engine_of_a_store: Callable[[], Engine], examples: int) -> None:
    found = settings(max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))

    class InAStoreOfItsOwn(Moves):
        def __init__(self) -> None:
            super().__init__(new_engine_of_a_store())

    run_state_machine_as_test(InAStoreOfItsOwn, settings=found)


def test_nothing_that_a_gateway_really_holds_is_refused_and_nothing_of_the_present_accepted(tmp_path: Path) -> None:
    template, numbers = tmp_path / "template.sqlite", count()
    open_store(sqlite_url(template)).dispose()

    def store() -> Engine:
        path = tmp_path / f"{next(numbers)}.sqlite"
        shutil.copy(template, path)
        return new_engine(sqlite_url(path))

    _run(store, examples=40)


@pytest.mark.hil
def test_nor_on_postgresql(postgresql: Cluster) -> None:
    _run(lambda: new_engine(postgresql.new_database()), examples=10)
