"""A document on trial on the whole gateway, between a real broker and a fleet over real HTTP."""

import pytest

from gateway.tests.conftest import Site, until
from gateway.tests.site import desired_node, items, report

pytestmark = pytest.mark.hil


async def test_the_fleet_is_told_that_a_document_is_on_trial_and_then_that_it_is_kept(site: Site) -> None:
    gateway = await site.start_with("n-1")
    node = await site.node("n-1")
    await node.deliver("report", items("report", report(0)), 0)
    await site.fleet.desire([desired_node("n-1", version=3, period_ms=2000)])
    await site.fleet.wait(lambda: any(r.get("state") == "on_trial" and r["version"] == 2 for r in site.fleet.reports), what="on trial")
    await node.deliver("report", items("report", report(1, c=3)), 1)
    await site.fleet.wait(lambda: any(r.get("state") == "kept" and r["version"] == 2 for r in site.fleet.reports), what="kept")
    assert (gateway.desired.version, gateway.desired.on_trial) == (2, False)


async def test_a_document_that_silences_a_node_returns_and_the_fleet_learns_why(site: Site) -> None:
    gateway = await site.start_with("n-1", fleet={"trial_s": 1})
    node = await site.node("n-1")
    await node.deliver("report", items("report", report(0)), 0)
    await site.fleet.desire([desired_node("n-1", version=3, period_ms=1000)])
    await until(lambda: gateway.desired.on_trial, "on trial")
    await site.fleet.wait(lambda: any(r.get("state") == "returned" for r in site.fleet.reports), 60, "returned")
    told = next(r for r in site.fleet.reports if r.get("state") == "returned")
    assert (told["version"], told["ok"], told["in_force"]) == (2, False, 1)
    assert told["faults"][0] == "n-1: no report with a usable value under settings version 3 within 21 s"
    assert (site.state / "desired.json").read_bytes() != site.fleet.answer
