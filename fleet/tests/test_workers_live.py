"""Several services on one PostgreSQL: what one of them did the other knows, and one that is killed, or a database that is restarted under
both, loses nothing.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from fleet import state_folder
from fleet.configuration.version_watch import SELDOM_S
from fleet.people.admin_tokens import create_admin_token
from fleet.people.audit import Act
from fleet.store.dialect import for_writing, new_engine
from fleet.tests.conftest import ON_POSTGRESQL
from fleet.tests.district import START_MS, report
from fleet.tests.live import Client, LiveFleet
from fleet.tests.postgresql import Cluster, cluster

pytestmark = ON_POSTGRESQL

DELIVERIES = 60
OF_ONE = 5
WITHIN_S = 60


@pytest.fixture
def server() -> Iterator[Cluster]:
    """Of the test's own: it is restarted."""
    with cluster() as running:
        yield running


@pytest.fixture
def workers(tmp_path: Path, server: Cluster) -> Iterator[tuple[LiveFleet, LiveFleet]]:
    state_folder.prepare(tmp_path / "state")
    db = server.new_database()
    made = LiveFleet(tmp_path / "state", db), LiveFleet(tmp_path / "state", db)
    for one in made:
        one.start()
    yield made
    for one in made:
        one.kill()


@pytest.fixture
def clients(workers: tuple[LiveFleet, LiveFleet], server: Cluster) -> tuple[Client, Client]:
    engine = new_engine(server.url("airgrid_1"))
    with for_writing(engine).begin() as connection:
        token = create_admin_token(connection, Act("console", START_MS), "ada")
    engine.dispose()
    first, second = (Client(one.url, token) for one in workers)
    first.set_up()
    second.gateway = first.gateway
    return first, second


def version(client: Client) -> int:
    return int(client.desired(0).json()["document"]["version"])


def again(deliver: Client, items: list[dict[str, object]]) -> None:
    """As a gateway does: until it is taken."""
    end_s = monotonic() + WITHIN_S
    while monotonic() < end_s:
        with suppress(httpx.TransportError, httpx.HTTPStatusError):
            assert set(deliver.ingest(items)) <= {"accepted", "duplicate"}
            return
        sleep(0.05)
    raise AssertionError("not taken")


def deliver_all(client: Client) -> None:
    for n in range(DELIVERIES):
        again(client, [report(n * OF_ONE + i) for i in range(OF_ONE)])


def test_what_one_worker_did_the_other_knows_and_no_restart_or_kill_loses_anything(
    workers: tuple[LiveFleet, LiveFleet], clients: tuple[Client, Client], server: Cluster
) -> None:
    (first, _), (one, other) = workers, clients
    with ThreadPoolExecutor(1) as pool:
        # A document, made through one of them, wakes who waits at the other: by its news, long before the next look.
        poll = pool.submit(other.desired, version(one), wait=55)
        sleep(0.2)  # not to synchronise: the poll waits already, or finds the change at once
        began_s = monotonic()
        one.set_period(2000, first.url)
        assert poll.result().json()["document"]["nodes"][0]["settings"] == {"period_ms": 2000}
        assert monotonic() - began_s < SELDOM_S / 2

        # The database ends and begins again, a worker is killed; meanwhile a gateway delivers and another request waits.
        poll = pool.submit(other.desired, version(one), wait=55)
        delivering = threading.Thread(target=deliver_all, args=(other,))
        delivering.start()
        again(one, [report(1)])
        server.kill()
        first.kill()
        server.start()
        delivering.join(WITHIN_S)
        first.start()
        one.set_period(3000, first.url)
        assert poll.result().json()["document"]["nodes"][0]["settings"] == {"period_ms": 3000}
    (boot,) = one.get("nodes/n-1/ledger")["boots"]
    assert (boot["received"], boot["missing"]) == (DELIVERIES * OF_ONE, [])

    # A token that was ended through one is worth nothing at the other.
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(other.desired, version(one), wait=55)
        sleep(0.2)  # not to synchronise: the poll waits already, or is refused at once
        began_s = monotonic()
        one.delete("gateways/g-1/token?reason=stolen")
        assert poll.result().status_code == 401
        assert monotonic() - began_s < SELDOM_S / 2
