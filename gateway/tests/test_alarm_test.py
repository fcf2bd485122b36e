"""An alarm test from the local page: what the status says became of the event of this very test."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from contract import messages
from gateway.store.database import transaction
from gateway.store.delivery.fate import ARRIVED, DROPPED, REFUSED, WAITING, Fate, OwnItem, fate_of
from gateway.store.items.rows import delete, newest_id
from gateway.store.site.station import PendingItem
from gateway.store.store import Store
from gateway.tests.conftest import Site
from gateway.tests.site import free_port
from gateway.tests.test_local_page import JSON, PIN, get, press, served


@pytest.fixture
async def url(site: Site) -> str:
    port = free_port()
    await site.start_with("n-1", web={"port": port, "pin": PIN})
    return await served(port)


async def pressed(url: str) -> dict[str, Any]:
    status, answer = await press(url, json.dumps({"pin": PIN}).encode())
    assert (status, answer.pop("result")) == (200, "sent")
    return answer


async def becomes(url: str, test: dict[str, Any], state: str, reason: str = "") -> None:
    """Raises TimeoutError."""
    wanted = {**test, "state": state, "reason": reason}
    async with asyncio.timeout(30):
        while wanted not in json.loads((await get(url + "/status.json"))[0])["alarm_tests"]:
            await asyncio.sleep(0.1)


async def test_a_test_has_arrived_when_the_fleet_has_it(site: Site, url: str) -> None:
    test = await pressed(url)
    await becomes(url, test, ARRIVED)
    assert site.fleet.items[site.fleet.gateway, test["boot"], test["seq"]]["body"]["k"] == "alarm_test"


async def test_a_test_that_the_fleet_refuses_has_not_arrived(site: Site, url: str) -> None:
    site.fleet.refuse = lambda item: "made_up" if item["body"].get("k") == "alarm_test" else None
    await becomes(url, await pressed(url), REFUSED, "made_up")


async def test_a_test_waits_while_the_fleet_does_not_answer_and_another_one_has_arrived(site: Site, url: str) -> None:
    first = await pressed(url)
    await becomes(url, first, ARRIVED)
    site.fleet.held = lambda document: True
    second = await pressed(url)
    await becomes(url, second, WAITING)
    await becomes(url, first, ARRIVED)
    site.fleet.held = lambda document: False
    async with site.fleet.changed:
        site.fleet.changed.notify_all()
    await becomes(url, second, ARRIVED)


async def test_what_is_not_stored_is_no_test(site: Site, url: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(url + "/alarm-test", data=b'{"pin": "1"}', headers=JSON) as answer:
        assert (await answer.json())["result"] == "wrong"
    assert json.loads((await get(url + "/status.json"))[0])["alarm_tests"] == []


def published(store: Store) -> OwnItem:
    with transaction(store.connection):
        (row,) = store.station.publish([PendingItem(messages.EVENT, {"k": "alarm_test", "a": {}}, 0, 0, 0)], arrived_ms=7)
    return OwnItem(newest_id(store.connection), row.boot, row.seq)


def test_a_test_that_the_buffer_had_no_room_for_was_dropped(roomy: Store) -> None:
    test, other = published(roomy), published(roomy)
    with transaction(roomy.connection):
        delete(roomy.connection, [test.id])
        roomy.delivery.record_gaps([("gw-east", test.boot, test.seq)], "buffer_full", 8, reported=False)
    assert fate_of(roomy.connection, "gw-east", test) == Fate(DROPPED, "buffer_full")
    assert fate_of(roomy.connection, "gw-east", other) == Fate(WAITING)


def test_a_test_that_was_deleted_long_after_it_was_sent_has_arrived(roomy: Store) -> None:
    test, _ = published(roomy), published(roomy)
    with transaction(roomy.connection):
        delete(roomy.connection, [test.id])
    assert fate_of(roomy.connection, "gw-east", test) == Fate(ARRIVED)
