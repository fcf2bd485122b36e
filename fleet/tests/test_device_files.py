"""Gateways, nodes and sensors as tables: registered, moved and corrected at once or not at all, and given out in the same form."""

import csv
import io
import zipfile
from typing import Any

import pytest

from fleet.tests.district import START_MS, District, hello
from fleet.tests.test_district_files import WHY, became, counts, everything, send, take, taken
from fleet.tests.things import done

KEY = "ab" * 32
SITES = "id,name,latitude,longitude\ns-2,Gate,36.6,114.5\ns-3,Bridge,36.7,114.6\n"
GATEWAYS = "id,site,notes\ng-2,s-2,in the cellar\ng-3,s-3,\n"
NODES = f"id,gateway,site,key\nn-2,g-2,s-2,\nn-3,g-2,s-3,{KEY}\n"
SENSORS = """id,model,serial,batch,first_use,expected_life_days,note,node,slot
sps-2,sps30,A2,2026-07,2026-08-01T00:00:00+08:00,3650,,n-2,0
sps-3,sps30,A3,,,,,n-3,1
pms-9,pms5003,,,,,in stock,,
"""
ALL = {"sites.csv": SITES, "gateways.csv": GATEWAYS, "nodes.csv": NODES, "sensors.csv": SENSORS}
NEW = became(sites=counts(added=2), gateways=counts(added=2), nodes=counts(added=2), sensors=counts(added=3))
SAME = became(sites=counts(unchanged=2), gateways=counts(unchanged=2), nodes=counts(unchanged=2), sensors=counts(unchanged=3))


async def all_of_it(district: District) -> Any:
    paths = ("gateways", "nodes", "sensors")
    return [*await everything(district), *[await district.read(path, limit=1000) for path in paths]]


async def test_a_whole_district_is_registered_and_taken_again_without_a_change(district: District) -> None:
    before = await all_of_it(district)
    looked = (await take(district, ALL, dry_run=True)).json()
    assert ({kind: looked[kind] for kind in NEW}, looked["secrets"]) == (NEW, [])
    assert await all_of_it(district) == before
    imported = (await take(district, ALL)).json()
    assert {kind: imported[kind] for kind in NEW} == NEW
    after = await all_of_it(district)
    assert await taken(district, ALL) == SAME and await all_of_it(district) == after


async def test_what_is_new_works_with_the_secrets_of_the_answer_and_has_one_document(district: District) -> None:
    imported = (await take(district, ALL)).json()
    secrets = {(one["kind"], one["id"]): one["secret"] for one in imported["secrets"]}
    assert list(secrets) == [("gateway", "g-2"), ("gateway", "g-3"), ("node", "n-2")]
    assert imported["codes_expire_ms"] == START_MS + district.service.configuration.enrolment_valid_s * 1000
    token = (await district.enrol(secrets["gateway", "g-2"])).json()["token"]
    document = (await district.device("GET", "desired", None, token, have=0)).json()["document"]
    assert {one["node"]: one["key"] for one in document["nodes"]} == {"n-2": secrets["node", "n-2"], "n-3": KEY}
    # Its enrolment has issued none: one document has them both.
    assert document["version"] == 1
    assert (await district.read("sensors/sps-2"))["first_use"].startswith("2026-08-01T00:00:00")
    place = (await district.read("sensors/sps-3"))["places"]
    assert [(one["node"], one["slot"]) for one in place] == [("n-3", 1)]


async def test_a_gateway_that_waits_hears_at_once_of_its_new_nodes(district: District) -> None:
    version = (await district.device("GET", "desired", None, have=0)).json()["document"]["version"]
    await take(district, {"nodes.csv": "id,gateway,site\nn-9,g-1,s-1\n"})
    found = (await district.device("GET", "desired", None, have=version, wait=0)).json()["document"]
    assert found["version"] == version + 1 and "n-9" in [one["node"] for one in found["nodes"]]


async def test_what_differs_is_moved_and_corrected(district: District) -> None:
    await take(district, ALL)
    changed = {
        "gateways.csv": "id,site,notes\ng-3,s-2,\n",
        "nodes.csv": "id,gateway,site\nn-3,g-3,\n",
        "sensors.csv": "id,batch,node,slot\nsps-3,2026-09,n-2,1\npms-9,,n-3,1\n",
    }
    assert await taken(district, changed) == became(gateways=counts(changed=1), nodes=counts(changed=1), sensors=counts(changed=2))
    assert (await district.read("gateways/g-3"))["site"] == "s-2"
    node = await district.read("nodes/n-3")
    assert (node["gateway"], node["site"]) == ("g-3", "s-3")
    sensor = await district.read("sensors/sps-3")
    assert (sensor["batch"], sensor["serial"], sensor["places"][0]["node"]) == ("2026-09", "A3", "n-2")
    swapped = (await district.read("nodes/n-3/slots/1/sensors"))["items"]
    assert [one["sensor"] for one in swapped] == ["sps-3", "pms-9"]


async def test_what_is_given_out_has_no_secret_and_is_taken_as_it_is(district: District) -> None:
    await take(district, ALL)
    given = (await district.admin("GET", "district.zip")).content
    with zipfile.ZipFile(io.BytesIO(given)) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert KEY not in "".join(texts.values())
    rows = {name: list(csv.reader(io.StringIO(texts[name]))) for name in ("gateways.csv", "nodes.csv", "sensors.csv")}
    assert ["g-2", "s-2", "in the cellar"] in rows["gateways.csv"] and ["n-3", "g-2", "s-3", ""] in rows["nodes.csv"]
    assert ["sps-2", "sps30", "A2", "2026-07", "2026-08-01T00:00:00.000+08:00", "3650", "", "n-2", "0"] in rows["sensors.csv"]
    before = await all_of_it(district)
    again = (await send(district, given)).json()
    assert [again[f"{kind}s"]["added"] + again[f"{kind}s"]["changed"] for kind in ("site", "gateway", "node", "sensor")] == [0] * 4
    assert await all_of_it(district) == before


async def test_a_sensor_that_was_found_is_confirmed_by_its_row(district: District) -> None:
    await district.ingest(hello())
    (found,) = (await district.read("sensors"))["items"]
    assert await taken(district, {"sensors.csv": f"id\n{found['id']}\n"}) == became(sensors=counts(changed=1))
    assert (await district.read(f"sensors/{found['id']}"))["state"] == "confirmed"


# tables, where the faults are
FAULTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "a site that there is not": ({"gateways.csv": "id,site\ng-2,s-9\n"}, ["gateways.csv:2:site"]),
    "a gateway without a site": ({"gateways.csv": "id,notes\ng-2,x\n"}, ["gateways.csv:2:site"]),
    "the name of a node": ({"gateways.csv": "id,site\nn-1,s-1\n"}, ["gateways.csv:2:id"]),
    "the name of a gateway": ({"nodes.csv": "id,gateway,site\ng-1,g-1,s-1\n"}, ["nodes.csv:2:id"]),
    "a gateway that there is not": ({"nodes.csv": "id,gateway,site\nn-2,g-9,s-1\n"}, ["nodes.csv:2:gateway"]),
    "a node without a gateway": ({"nodes.csv": "id,site\nn-2,s-1\n"}, ["nodes.csv:2:gateway"]),
    "no key": ({"nodes.csv": "id,gateway,site,key\nn-2,g-1,s-1,abc\n"}, ["nodes.csv:2:key"]),
    "another key": ({"nodes.csv": f"id,key\nn-1,{KEY}\n"}, ["nodes.csv:2:key"]),
    "a day without an offset": ({"sensors.csv": "id,model,first_use\nx,sps30,2026-08-01\n"}, ["sensors.csv:2:first_use"]),
    "a slot without a node": ({"sensors.csv": "id,model,slot\nx,sps30,1\n"}, ["sensors.csv:2:node"]),
    "a node without a slot": ({"sensors.csv": "id,model,node\nx,sps30,n-1\n"}, ["sensors.csv:2:slot"]),
    "half a slot": ({"sensors.csv": "id,model,node,slot\nx,sps30,n-1,0.5\n"}, ["sensors.csv:2:slot"]),
    "a node that there is not": ({"sensors.csv": "id,model,node,slot\nx,sps30,n-9,0\n"}, ["sensors.csv:2:node"]),
    "two in one slot": ({"sensors.csv": "id,model,node,slot\nx,sps30,n-1,0\ny,sps30,n-1,0\n"}, ["sensors.csv:3:slot"]),
    "a serial number twice": ({"sensors.csv": "id,model,serial\nx,sps30,A\ny,sps30,A\n"}, ["sensors.csv:3:serial"]),
    "no model": ({"sensors.csv": "id,serial\nx,A\n"}, ["sensors.csv:2:model"]),
    "no life": ({"sensors.csv": "id,model,expected_life_days\nx,sps30,0\n"}, ["sensors.csv:2:expected_life_days"]),
    "what needs a row with a fault": (
        {"sites.csv": "id,name,latitude,longitude\ns-2,Gate,91,0\n", "gateways.csv": "id,site\ng-2,s-2\n",
         "nodes.csv": "id,gateway,site\nn-2,g-2,s-2\n", "sensors.csv": "id,model,node,slot\nx,sps30,n-2,0\n"},
        ["sites.csv:2:latitude"],
    ),
    "each table has its own": (
        {"gateways.csv": "id,site\ng-2,s-9\n", "nodes.csv": "id,gateway\nn-2,g-1\n", "sensors.csv": "id\nx\n"},
        ["gateways.csv:2:site", "nodes.csv:2:site", "sensors.csv:2:model"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
async def test_a_fault_is_where_it_is_and_nothing_is_changed(district: District, case: tuple[dict[str, str], list[str]]) -> None:
    tables, expected = case
    before = await all_of_it(district)
    refused = await take(district, tables)
    assert refused.status_code == 422, refused.text
    assert [fault["path"] for fault in refused.json()["faults"]] == expected
    assert KEY not in refused.text
    assert await all_of_it(district) == before


async def test_what_was_retired_does_not_come_back(district: District) -> None:
    await take(district, ALL)
    await district.admin("POST", "sensors/pms-9/retirement", WHY)
    await done(district, "POST", "nodes/n-3/retirement")
    await done(district, "POST", "gateways/g-3/retirement")
    refused = await take(district, ALL)
    # The sensor sps-3 needs the node n-3, and is not judged.
    assert [fault["path"] for fault in refused.json()["faults"]] == ["gateways.csv:3:id", "nodes.csv:3:id", "sensors.csv:4:id"]
