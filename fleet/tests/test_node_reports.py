"""What nodes report of their settings counts as far as it can be true, whatever comes before and after it and however it is delivered."""

from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from contract.site.device_api import MAX_VERSIONS_AHEAD
from contract.values import MAX_SEQ
from fleet.alarms.reported import record_alarm
from fleet.devices import registration
from fleet.devices.nodes import replace_settings_reports, settings_reports
from fleet.devices.registration import NewNode
from fleet.devices.tables import node_report
from fleet.people.audit import Act
from fleet.places import sites
from fleet.places.sites import Site
from fleet.record.ingest.items import read_batch
from fleet.record.ingest.record import Delivery, record
from fleet.record.ingest.series import SeriesCatalogue, SeriesView
from fleet.store.engine import open_store, sqlite_url
from fleet.tests.district import START_MS, applied, raw, report
from fleet.tests.postgresql import Cluster
from fleet.tests.test_life_of_things import CONSEQUENCES
from fleet.tests.things import HOUR_MS

ACT = Act("ada", START_MS, "a change")
# No settings are wanted of these nodes: version 0.
TRUE = st.integers(0, 5) | st.just(MAX_VERSIONS_AHEAD)
IMPOSSIBLE = st.sampled_from((MAX_VERSIONS_AHEAD + 1, MAX_SEQ))
ANSWERS = st.lists(st.tuples(TRUE | IMPOSSIBLE, st.booleans()), min_size=1, max_size=8)


def prepared(engine: Engine) -> None:
    with engine.begin() as connection:
        sites.add_site(connection, ACT, Site("s-1", "s-1", 31.2, 121.5))
        registration.add_gateway(connection, ACT, CONSEQUENCES, "g-1", "s-1", START_MS + HOUR_MS)


def add_node(engine: Engine, node: str) -> None:
    with engine.begin() as connection:
        registration.add_node(connection, ACT, CONSEQUENCES, NewNode(node, "g-1", "s-1", None, None))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_store(sqlite_url(Path(tmp_path_factory.mktemp("store")) / "x.sqlite"))
    prepared(engine)
    yield engine
    engine.dispose()


def deliver(engine: Engine, items: list[Any]) -> None:
    with engine.begin() as connection:
        delivery = Delivery("g-1", read_batch(raw({"items": items})), START_MS)
        results = record(connection, delivery, SeriesView(connection, SeriesCatalogue()), record_alarm)
    assert [result["status"] for result in results] == ["accepted"] * len(items)


def reported(engine: Engine, node: str) -> Any:
    with engine.connect() as connection:
        return settings_reports(connection, [node])[node]


_names = count()


@settings(max_examples=150, deadline=None)
@given(answers=ANSWERS, cuts=st.sets(st.integers(1, 7)))
def test_the_last_answer_to_the_newest_version_that_can_be_counts(store: Engine, answers: list[tuple[int, bool]], cuts: set[int]) -> None:
    node = f"n-{next(_names)}"
    add_node(store, node)
    items = [applied(seq, version, [] if ok else ["no port"], node=node) for seq, (version, ok) in enumerate(answers)]
    bounds = [0, *sorted(cut for cut in cuts if cut < len(items)), len(items)]
    for first, end in pairwise(bounds):
        deliver(store, items[first:end])
    true = [(version, ok) for version, ok in answers if version <= MAX_VERSIONS_AHEAD]
    newest = max((version for version, _ in true), default=None)
    row = reported(store, node)
    assert row.answered_version == newest
    assert row.answered_ok == next((ok for version, ok in reversed(true) if version == newest), None)
    kept = [version for version, ok in true if ok]
    assert row.in_force == (kept[-1] if kept else None)


@settings(max_examples=100, deadline=None)
@given(versions=st.lists(TRUE | IMPOSSIBLE, min_size=1, max_size=6), order=st.randoms(use_true_random=False))
def test_the_newest_report_whose_version_can_be_shows_what_is_in_force(store: Engine, versions: list[int], order: Any) -> None:
    node = f"n-{next(_names)}"
    add_node(store, node)
    items = [report(seq, c=version, node=node) for seq, version in enumerate(versions)]
    order.shuffle(items)
    deliver(store, items)
    true = [version for version in versions if version <= MAX_VERSIONS_AHEAD]
    assert reported(store, node).in_force == (true[-1] if true else None)


@pytest.mark.hil
def test_an_answer_that_another_process_has_recorded_meanwhile_does_not_give_way_to_an_older_one(postgresql: Cluster) -> None:
    engine = open_store(postgresql.new_database())
    prepared(engine)
    add_node(engine, "n-1")
    answer = {"answered_ok": True, "answered_faults": "[]", "answered_ms": START_MS}
    with engine.connect() as late:
        assert settings_reports(late, ["n-1"])["n-1"].answered_version is None
        with engine.begin() as other:
            replace_settings_reports(other, [{"node_id": "n-1", "answered_version": 7, **answer}], unless_older="answered_version")
        replace_settings_reports(late, [{"node_id": "n-1", "answered_version": 5, **answer}], unless_older="answered_version")
        late.commit()
        assert late.execute(select(node_report.c.answered_version)).scalar_one() == 7
    engine.dispose()
