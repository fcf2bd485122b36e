"""The service as a process: what it accepted outlives a kill, long polls wake, two processes share one store."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import sleep

import httpx
import pytest

from fleet.tests.conftest import STORES
from fleet.tests.district import report
from fleet.tests.live import Client, LiveFleet

pytestmark = pytest.mark.hil
# Services that may share a state: a record in a file has one.
OF_SEVERAL = pytest.mark.parametrize("db", STORES[1:], indirect=True)


def test_what_was_accepted_is_there_after_a_kill(fleet: LiveFleet, client: Client, seed: int) -> None:
    chance = random.Random(seed)
    accepted: set[int] = set()
    offered = 0
    for _ in range(4):
        killer = threading.Timer(chance.uniform(0.05, 0.5), fleet.kill)
        killer.start()
        try:
            while True:
                batch = range(offered, offered + chance.randrange(1, 60))
                statuses = client.ingest([report(seq) for seq in batch])
                accepted.update(seq for seq, status in zip(batch, statuses) if status == "accepted")
                offered = batch[-1] + 1
        except httpx.TransportError:
            killer.join()
        fleet.start()
    # What was cut off is sent again: it is new, or a duplicate, but never lost and never twice.
    client.ingest([report(seq) for seq in range(offered, offered + 60)])
    (boot,) = client.get("nodes/n-1/ledger")["boots"]
    stored = all_stored(client)
    assert accepted, f"seed {seed}"
    assert accepted <= stored.keys(), f"seed {seed}"
    assert set(stored.values()) == {1}, f"seed {seed}"
    assert boot["received"] == len(stored) and boot["missing"] == [], f"seed {seed}"
    assert count_values(client) == len(stored), f"seed {seed}"


def all_stored(client: Client) -> dict[int, int]:
    stored: dict[int, int] = {}
    cursor: dict[str, str] = {}
    while True:
        page = client.get("nodes/n-1/items", limit=1000, **cursor)
        for item in page["items"]:
            stored[item["seq"]] = stored.get(item["seq"], 0) + 1
        if page["next"] is None:
            return stored
        cursor = {"cursor": page["next"]}


def count_values(client: Client) -> int:
    count, start_ms = 0, 0
    while start_ms is not None:
        page = client.get("nodes/n-1/series", quantity="pm2_5_cf1", from_ms=start_ms, to_ms=4_102_444_800_000, limit=10_000)
        count, start_ms = count + len(page["points"]), page["next_ms"]
    return count


def change_while_waiting(client: Client, url_of_change: str) -> httpx.Response:
    """The answer to a long poll that was asked before the change."""
    have = client.desired(0).json()["document"]["version"]
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(client.desired, have, wait=25)
        sleep(0.2)  # not to synchronise: the poll waits already, or finds the change at once
        assert not poll.done()
        client.set_period(2000, url_of_change)
        return poll.result()


def test_a_long_poll_wakes_when_this_process_changed_the_store(fleet: LiveFleet, client: Client) -> None:
    answer = change_while_waiting(client, fleet.url)
    assert answer.json()["document"]["nodes"][0]["settings"] == {"period_ms": 2000}


@OF_SEVERAL
def test_a_long_poll_wakes_when_another_process_changed_the_store(fleet: LiveFleet, client: Client, tmp_path: Path, db: str | None) -> None:
    other = LiveFleet(tmp_path / "state", db)
    other.start()
    try:
        answer = change_while_waiting(client, other.url)
        assert answer.json()["document"]["nodes"][0]["settings"] == {"period_ms": 2000}
    finally:
        other.kill()


def test_a_long_poll_without_a_change_ends_with_304(client: Client) -> None:
    have = client.desired(0).json()["document"]["version"]
    assert client.desired(have, wait=1).status_code == 304


@OF_SEVERAL
def test_two_processes_on_one_store_keep_each_item_once(fleet: LiveFleet, client: Client, tmp_path: Path, db: str | None) -> None:
    other = LiveFleet(tmp_path / "state", db)
    other.start()
    statuses: list[str] = []

    def deliver(url: str) -> None:
        with httpx.Client(base_url=url, headers=client.gateway, timeout=30) as http:
            for start in range(0, 200, 20):
                batch = {"items": [report(seq) for seq in range(start, start + 20)]}
                answer = http.post("/device/v1/ingest", json=batch).raise_for_status().json()
                statuses.extend(result["status"] for result in answer["results"])

    threads = [threading.Thread(target=deliver, args=(url,)) for url in (fleet.url, other.url)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    other.kill()
    assert (statuses.count("accepted"), statuses.count("duplicate")) == (200, 200)
    (boot,) = client.get("nodes/n-1/ledger")["boots"]
    assert (boot["received"], boot["duplicates"]) == (200, 200)


def test_it_stops_when_told_though_somebody_waits(fleet: LiveFleet, client: Client) -> None:
    have = client.desired(0).json()["document"]["version"]

    def wait() -> None:
        with suppress(httpx.TransportError):
            client.desired(have, wait=60)

    threading.Thread(target=wait, daemon=True).start()
    assert fleet.stop() == 0
