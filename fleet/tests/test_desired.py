"""The long poll for the desired document: what wakes it, and what a gateway receives that has more than the store knows of."""

import asyncio

import pytest
from sqlalchemy import Connection, select, update

from contract.site import device_api
from contract.site.device_api import MAX_VERSIONS_AHEAD
from fleet.configuration.desired import KEPT_DOCUMENTS, issue, may_overtake
from fleet.configuration.tables import desired
from fleet.errors import InvalidError
from fleet.places.tables import deployment
from fleet.tests.district import District, hello


async def version(district: District) -> int:
    return int((await district.device("GET", "desired")).json()["document"]["version"])


async def test_a_change_wakes_the_poll_without_a_look_at_the_store(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = asyncio.Event()

    async def blind(_gateways: set[str]) -> dict[str, int]:
        looked.set()
        return {}

    monkeypatch.setattr(district.service.watch, "_read_versions", blind)
    have = await version(district)
    waiting = asyncio.create_task(district.device("GET", "desired", have=have, wait=60))
    await asyncio.wait_for(looked.wait(), 30)
    await district.add_node("n-2")
    answer = await asyncio.wait_for(waiting, 30)
    assert answer.json()["document"]["version"] == have + 1


async def test_a_gateway_that_has_more_than_the_store_gets_a_greater_document_once(district: District) -> None:
    ahead = await version(district) + 40
    answer = (await district.device("GET", "desired", have=ahead)).json()
    assert answer["document"]["version"] == ahead + 1 and answer["document"]["nodes"][0]["node"] == "n-1"
    assert (await district.device("GET", "desired", have=ahead + 1)).status_code == 304
    (recorded,) = (await district.read("changes", what="document_overtaken"))["items"]
    assert (recorded["actor"], recorded["who"], recorded["reason"]) == ("gateway", "g-1", f"the gateway has {ahead}")
    assert (recorded["before"], recorded["after"]) == ({"version": ahead - 40}, {"version": ahead + 1})


@pytest.mark.parametrize(
    ("have", "may"), [(6, False), (7, False), (8, True), (7 + MAX_VERSIONS_AHEAD, True), (8 + MAX_VERSIONS_AHEAD, False)]
)
def test_what_a_gateway_may_have_beyond_the_store(have: int, may: bool) -> None:
    assert may_overtake(7, have) is may


async def test_a_gateway_that_raves_of_versions_moves_nothing(district: District) -> None:
    before = await version(district)
    assert (await district.device("GET", "desired", have=before + device_api.MAX_VERSIONS_AHEAD + 1)).status_code == 304
    assert await version(district) == before


async def test_new_settings_are_greater_than_what_the_node_has(district: District) -> None:
    body = {"settings": {}, "reason": "x"}
    await district.ingest(hello(c=12))
    assert (await district.admin("PUT", "nodes/n-1/settings", body)).json()["version"] == 13
    await district.ingest(hello(1, c=(1 << 31) - 1))
    assert (await district.admin("PUT", "nodes/n-1/settings", body)).json()["version"] == 14


async def test_no_document_is_issued_that_names_a_node_it_does_not_list(district: District) -> None:
    service = district.service
    rules = [{"id": "r", "version": 1, "kind": "silent", "nodes": ["n-1"]}]
    assert (await district.admin("PUT", "gateways/g-1/configuration", {"reason": "x", "rules": rules})).status_code == 200
    before = await version(district)

    def take_away(connection: Connection) -> None:
        connection.execute(update(deployment).where(deployment.c.node_id == "n-1").values(to_ms=1))
        issue(service.signing_key, connection, "g-1", 1)

    with pytest.raises(InvalidError) as refused:
        service.writer.submit(take_away).result()
    assert [fault.path for fault in refused.value.faults] == [("rules", 0, "nodes", 0)]
    assert await version(district) == before


async def test_documents_are_kept_up_to_a_number_and_the_newest_is_among_them(district: District) -> None:
    service = district.service
    for _ in range(KEPT_DOCUMENTS + 5):
        newest = service.writer.submit(lambda connection: issue(service.signing_key, connection, "g-1", 1)).result()
    kept = select(desired.c.version).where(desired.c.gateway_id == "g-1").order_by(desired.c.version)
    versions = [row.version for row in service.read(lambda connection: connection.execute(kept).all())]
    assert versions == list(range(newest - KEPT_DOCUMENTS + 1, newest + 1))
