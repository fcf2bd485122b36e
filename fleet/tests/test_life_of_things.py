"""Whatever happens to nodes, every report is in one series, once: random lives of nodes against a model that knows places and times only.

The model keeps, for each report, the place it belongs to. A place is a site and a running number: of one sensor after the other where a
node replaced another or only went to another gateway, of one node alone otherwise.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import Engine

from fleet.alarms.reported import end_alarms, record_alarm
from fleet.configuration import desired, node_settings
from fleet.configuration.leaving_node import exchange_sensors, hand_over
from fleet.configuration.signing import SigningKey
from fleet.devices import hardware, moves, registration, retirement
from fleet.devices.moves import Whereabouts
from fleet.devices.registration import Consequences, NewNode
from fleet.people.audit import Act
from fleet.places import sites
from fleet.places.sites import Site
from fleet.record.ingest.items import read_batch
from fleet.record.ingest.leaving import move_values
from fleet.record.ingest.record import Delivery, record
from fleet.record.ingest.series import SeriesCatalogue, SeriesView
from fleet.record.series import Span, node_series, site_series
from fleet.store.dialect import new_engine
from fleet.store.engine import open_store, sqlite_url
from fleet.tests.district import START_MS, raw
from fleet.tests.postgresql import Cluster
from fleet.tests.things import HOUR_MS, measured

SITES, GATEWAYS = ("s-1", "s-2"), ("g-1", "g-2")
_KEY = SigningKey(bytes(32))


def _issue(connection: Any, gateway: str, now_ms: int) -> int:
    return desired.issue(_KEY, connection, gateway, now_ms)


CONSEQUENCES = Consequences(
    issue=_issue,
    revise=node_settings.revise,
    move_values=move_values,
    hand_over=hand_over,
    exchange_sensors=exchange_sensors,
    end_alarms=end_alarms,
)


@dataclass
class Stay:
    """Of a node at a place, in hours. fresh: nobody had the place before."""

    site: str
    gateway: str
    place: int
    begin: float
    fresh: bool
    end: float | None = None

    def has(self, hour: float) -> bool:
        return (self.fresh or self.begin <= hour) and (self.end is None or hour < self.end)

    def distance(self, hour: float) -> float:
        if hour < self.begin:
            return self.begin - hour
        return 0 if self.end is None or hour < self.end else hour - self.end + 1e-6


Where = tuple[str, int, str]  # site, place, and the node for what is outside its stay


class Model:
    def __init__(self) -> None:
        self.stays: dict[str, list[Stay]] = defaultdict(list)
        self.reports: dict[str, dict[float, Where]] = defaultdict(dict)
        # By node, its latest stay of which anything came, and when that began to come: all is of one boot, which began with the node.
        self.heard: dict[str, tuple[int, float]] = {}
        self._places = count()

    def begin(self, node: str, site: str, gateway: str, hour: float, place: int | None = None) -> None:
        fresh = place is None
        self.stays[node].append(Stay(site, gateway, next(self._places) if place is None else place, hour, fresh))

    def present(self, node: str) -> Stay | None:
        last = self.stays[node][-1]
        return last if last.end is None else None

    def where(self, node: str, hour: float) -> Where:
        stay = min(self.stays[node], key=lambda one: one.distance(hour))
        return stay.site, stay.place, "" if stay.has(hour) else f"{node} {self.stays[node].index(stay)}"

    def counts(self, node: str, gateway: str, hour: float) -> bool:
        """Whether what a gateway delivers of this hour is of its own time with the node, or earlier than another was heard."""
        stays = [number for number, stay in enumerate(self.stays[node]) if stay.gateway == gateway]
        if not stays:
            return False
        end = self.stays[node][stays[-1]].end
        if end is None or hour <= end:
            return True
        latest, since = self.heard.get(node, (-1, 0.0))
        return latest <= stays[-1] or hour <= since

    def came(self, node: str, gateway: str, hour: float, now: float) -> None:
        stays = [number for number, stay in enumerate(self.stays[node]) if stay.gateway == gateway]
        nearest = min(stays, key=lambda number: self.stays[node][number].distance(hour))
        if nearest > self.heard.get(node, (-1, 0.0))[0]:
            self.heard[node] = nearest, now

    def left(self, node: str, hour: float) -> None:
        """What it reported of later than this is where it was by then."""
        for reported in self.reports[node]:
            if reported >= hour:
                self.reports[node][reported] = self.where(node, hour)


class Life(RuleBasedStateMachine):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine
        self.model = Model()
        self.catalogue = SeriesCatalogue()
        self.hour = 0.0
        self.names = (f"n-{number}" for number in count(1))
        self.retired: set[str] = set()
        self.delivered: list[tuple[str, str, float]] = []
        with engine.begin() as connection:
            for site in SITES:
                sites.add_site(connection, self.act(), Site(site, site, 31.2, 121.5))
            for gateway in GATEWAYS:
                registration.add_gateway(connection, self.act(), CONSEQUENCES, gateway, "s-1", START_MS + HOUR_MS)
        self._add("s-1", "g-1", None)

    def act(self) -> Act:
        return Act("ada", START_MS + int(self.hour * HOUR_MS), "a change")

    def pick(self, number: int, *, present: bool = False) -> str | None:
        there = [node for node in self.model.stays if not present or self.model.present(node)]
        there = [node for node in there if not present or node not in self.retired]
        return there[number % len(there)] if there else None

    def change(self, change: Callable[[Any], Any]) -> None:
        with self.engine.begin() as connection:
            change(connection)

    def _add(self, site: str, gateway: str, replaces: str | None) -> None:
        node = next(self.names)
        new = NewNode(node, gateway, site, None, None, replaces)
        self.change(lambda connection: registration.add_node(connection, self.act(), CONSEQUENCES, new))
        place = None
        if replaces is not None:
            stay = self.model.stays[replaces][-1]
            stay.end, place = self.hour, stay.place
        self.model.begin(node, site, gateway, self.hour, place)
        if replaces is not None:
            self.model.left(replaces, self.hour)

    @rule(site=st.sampled_from(SITES), gateway=st.sampled_from(GATEWAYS))
    def a_node_is_registered(self, site: str, gateway: str) -> None:
        self.hour += 1
        self._add(site, gateway, None)

    @rule(number=st.integers(0, 99), gateway=st.sampled_from(GATEWAYS))
    def another_node_takes_its_place(self, number: int, gateway: str) -> None:
        old = self.pick(number, present=True)
        if old is not None:
            self.hour += 1
            self._add(self.model.stays[old][-1].site, gateway, old)

    @rule(number=st.integers(0, 99), site=st.sampled_from(SITES), gateway=st.sampled_from(GATEWAYS))
    def a_node_goes_elsewhere(self, number: int, site: str, gateway: str) -> None:
        node = self.pick(number)
        assert node is not None
        last, present = self.model.stays[node][-1], self.model.present(node)
        if node in self.retired or (present and (site, gateway) == (last.site, last.gateway)):
            return
        self.hour += 1
        self.change(lambda connection: moves.move_node(connection, self.act(), CONSEQUENCES, node, Whereabouts(site, gateway)))
        stays_put = present is not None and site == last.site
        if present is not None:
            last.end = self.hour
        self.model.begin(node, site, gateway, self.hour, last.place if stays_put else None)
        if present is not None:
            self.model.left(node, self.hour)

    @rule(number=st.integers(0, 99))
    def a_board_is_exchanged(self, number: int) -> None:
        node = self.pick(number, present=True)
        if node is not None:
            self.hour += 1
            self.change(lambda connection: hardware.replace_hardware(connection, self.act(), CONSEQUENCES, node, None, True))

    @rule(number=st.integers(0, 99))
    def a_node_is_retired(self, number: int) -> None:
        node = self.pick(number, present=True)
        if node is not None:
            self.hour += 1
            self.change(lambda connection: retirement.retire_node(connection, self.act(), CONSEQUENCES, node))
            self.retired.add(node)
            self.model.stays[node][-1].end = self.hour
            self.model.left(node, self.hour)

    @rule(number=st.integers(0, 99), gateway=st.sampled_from(GATEWAYS), ago=st.integers(-3, 8))
    def a_report_arrives(self, number: int, gateway: str, ago: int) -> None:
        node = self.pick(number)
        assert node is not None
        hour = max(0.0, self.hour - ago) + 0.5 + len(self.delivered) / 10_000
        allowed = self.model.counts(node, gateway, hour)
        assert self._deliver(gateway, node, hour, len(self.delivered)) == ("accepted" if allowed else "refused")
        if allowed:
            self.model.came(node, gateway, hour, self.hour)
            self.model.reports[node][hour] = self.model.where(node, hour)
            self.delivered.append((gateway, node, hour))

    @rule(number=st.integers(0, 99), gateway=st.sampled_from(GATEWAYS))
    def one_arrives_again(self, number: int, gateway: str) -> None:
        if self.delivered:
            _, node, hour = self.delivered[number % len(self.delivered)]
            has_had_it = any(stay.gateway == gateway for stay in self.model.stays[node])
            seq = self.delivered.index(self.delivered[number % len(self.delivered)])
            assert self._deliver(gateway, node, hour, seq) == ("duplicate" if has_had_it else "refused")

    def _deliver(self, gateway: str, node: str, hour: float, seq: int) -> str:
        item = measured(node, hour, 1)
        item["seq"] = item["body"]["q"] = seq
        item["time"]["start_ms"] = START_MS + int(hour * HOUR_MS)
        batch = read_batch(raw({"items": [item]}))
        with self.engine.begin() as connection:
            view = SeriesView(connection, self.catalogue)
            (result,) = record(connection, Delivery(gateway, batch, self.act().now_ms), view, record_alarm)
        self.catalogue.learn(view)
        return result["status"]

    def teardown(self) -> None:
        span = Span(0, START_MS + 10_000 * HOUR_MS, 10_000)
        expected: dict[Where, set[int]] = defaultdict(set)
        for reports in self.model.reports.values():
            for hour, where in reports.items():
                expected[where].add(START_MS + int(hour * HOUR_MS))
        with self.engine.connect() as connection:
            for node in self.model.stays:
                found = [point.start_ms for point in node_series(connection, node, "pm2_5_cf1", None, span).points]
                assert found == sorted(START_MS + int(hour * HOUR_MS) for hour in self.model.reports[node])
            for site in SITES:
                positions = site_series(connection, site, "pm2_5_cf1", None, span).positions
                found_there = sorted(sorted(point.start_ms for point in one.points) for one in positions if one.points)
                assert found_there == sorted(sorted(starts) for where, starts in expected.items() if where[0] == site)
        self.engine.dispose()


def _run(new_engine_of_a_store: Callable[[], Engine], examples: int) -> None:
    found = settings(max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))

    class InAStoreOfItsOwn(Life):
        def __init__(self) -> None:
            super().__init__(new_engine_of_a_store())

    run_state_machine_as_test(InAStoreOfItsOwn, settings=found)


def test_every_report_is_in_one_series_once_whatever_happens_to_its_node(tmp_path: Path) -> None:
    template, numbers = tmp_path / "template.sqlite", count()
    open_store(sqlite_url(template)).dispose()

    def store() -> Engine:
        path = tmp_path / f"{next(numbers)}.sqlite"
        shutil.copy(template, path)
        return new_engine(sqlite_url(path))

    _run(store, examples=40)


@pytest.mark.hil
def test_postgresql_keeps_them_apart_too(postgresql: Cluster) -> None:
    _run(lambda: new_engine(postgresql.new_database()), examples=8)
