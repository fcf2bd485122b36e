"""Two processes on one PostgreSQL: what one has read and the other changes before it writes is noticed. On SQLite one writes at a time."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text

from fleet.devices import enrolment, gateway_tokens, moves, registration, retirement
from fleet.devices.registration import NewNode
from fleet.devices.tables import enrolment_code
from fleet.devices.tables import gateway as gateway_table
from fleet.errors import ConflictError, EnrolmentError, UnauthorisedError
from fleet.people.audit import Act
from fleet.people.credentials import hash_of
from fleet.people.tables import change
from fleet.places import sites
from fleet.places.sites import Site
from fleet.places.tables import deployment
from fleet.releases import artifacts
from fleet.store.engine import open_store
from fleet.store.writer import Writer
from fleet.tests.district import START_MS
from fleet.tests.postgresql import Cluster
from fleet.tests.test_life_of_things import CONSEQUENCES
from fleet.tests.things import HOUR_MS

pytestmark = pytest.mark.hil
ACT = Act("ada", START_MS, "a change")
EXPIRES_MS = START_MS + HOUR_MS
Work = Callable[[Connection], Any]


@pytest.fixture
def engine(postgresql: Cluster) -> Iterator[Engine]:
    """Of a store with two sites."""
    made = open_store(postgresql.new_database())
    with made.begin() as connection:
        for site in ("s-1", "s-2"):
            sites.add_site(connection, ACT, Site(site, site, 31.2, 121.5))
    yield made
    made.dispose()


@pytest.fixture
def code(engine: Engine) -> str:
    """By which the gateway g-1 can be enrolled."""
    with engine.begin() as connection:
        return registration.add_gateway(connection, ACT, CONSEQUENCES, "g-1", "s-1", EXPIRES_MS)


def outcome_of_the_second(engine: Engine, first: Work, second: Work) -> Any:
    """The second begins when the first is done and not committed; the first commits when the second waits for it, or has ended. What the
    second returns or raises."""
    writer = Writer(engine)
    writer.start()
    try:
        with engine.connect() as connection, connection.begin():
            first(connection)
            future = writer.submit(second)
            while not future.done() and not _somebody_waits(engine):
                pass
        return future.exception(timeout=30) or future.result()
    finally:
        writer.stop()


def _somebody_waits(engine: Engine) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return bool(connection.execute(text(query)).scalar())


def _add_node(connection: Connection) -> bool:
    return registration.add_node(connection, ACT, CONSEQUENCES, NewNode("n-1", "g-1", "s-1", "ab" * 32, None)).again


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        (lambda connection: sites.add_site(connection, ACT, Site("s-3", "s-3", 31.2, 121.5)), ConflictError),
        (lambda connection: registration.add_gateway(connection, ACT, CONSEQUENCES, "g-2", "s-1", EXPIRES_MS), ConflictError),
        (_add_node, bool),
        (lambda connection: artifacts.add(connection, ACT, "x.bin", b"content", 1000), artifacts.Artifact),
    ],
    ids=["site", "gateway", "node", "artifact"],
)
def test_what_both_add_is_there_once_and_the_second_learns_what_it_would_have_learned_later(
    engine: Engine, code: str, add: Work, expected: type
) -> None:
    assert isinstance(outcome_of_the_second(engine, add, add), expected)


def test_only_the_newest_enrolment_code_is_worth_something(engine: Engine, code: str) -> None:
    def renew(connection: Connection) -> str:
        return registration.renew_enrolment(connection, ACT, "g-1", EXPIRES_MS)

    newest = outcome_of_the_second(engine, renew, renew)
    with engine.begin() as connection:
        valid = select(enrolment_code).where(enrolment_code.c.expires_ms > START_MS)
        assert len(connection.execute(valid).all()) == 1
        assert enrolment.enrol(connection, START_MS, newest).gateway == "g-1"


def test_a_code_is_used_once(engine: Engine, code: str) -> None:
    def enrol(connection: Connection) -> Any:
        return enrolment.enrol(connection, START_MS, code)

    assert isinstance(outcome_of_the_second(engine, enrol, enrol), EnrolmentError)


def test_a_gateway_that_is_being_retired_is_not_enrolled(engine: Engine, code: str) -> None:
    def retire(connection: Connection) -> None:
        retirement.retire_gateway(connection, ACT, CONSEQUENCES, "g-1")

    assert isinstance(outcome_of_the_second(engine, retire, lambda c: enrolment.enrol(c, START_MS, code)), EnrolmentError)
    with engine.connect() as connection:
        assert connection.execute(select(gateway_table.c.token_sha256)).scalar() is None


@pytest.mark.parametrize("end", ["revoked", "enrolled again"])
def test_a_token_that_has_ended_is_not_renewed(engine: Engine, code: str, end: str) -> None:
    with engine.begin() as connection:
        token = enrolment.enrol(connection, START_MS, code).token
        again = registration.renew_enrolment(connection, ACT, "g-1", EXPIRES_MS)

    def ended(connection: Connection) -> None:
        if end == "revoked":
            gateway_tokens.revoke_gateway_token(connection, ACT, "g-1")
        else:
            enrolment.enrol(connection, START_MS, again)

    renewed = outcome_of_the_second(engine, ended, lambda c: gateway_tokens.renew_gateway_token(c, "g-1", hash_of(token)))
    assert isinstance(renewed, UnauthorisedError)
    with engine.connect() as connection:
        assert connection.execute(select(gateway_table.c.next_token_sha256)).scalar() is None


def test_the_first_use_of_a_next_token_is_recorded_once(engine: Engine, code: str) -> None:
    with engine.begin() as connection:
        token = enrolment.enrol(connection, START_MS, code).token
        next_token = gateway_tokens.renew_gateway_token(connection, "g-1", hash_of(token))

    def begin(connection: Connection) -> None:
        gateway_tokens.begin_token(connection, START_MS, next_token)

    assert outcome_of_the_second(engine, begin, begin) is None
    with engine.connect() as connection:
        assert len(connection.execute(select(change).where(change.c.what == "gateway_token_renewed")).all()) == 1


def test_a_gateway_that_is_moved_while_it_is_retired_stands_nowhere(engine: Engine, code: str) -> None:
    def move(connection: Connection) -> None:
        moves.change_gateway(connection, ACT, CONSEQUENCES, "g-1", "s-2", None)

    assert outcome_of_the_second(engine, move, lambda c: retirement.retire_gateway(c, ACT, CONSEQUENCES, "g-1")) == []
    with engine.connect() as connection:
        assert connection.execute(select(deployment).where(deployment.c.to_ms.is_(None))).all() == []
