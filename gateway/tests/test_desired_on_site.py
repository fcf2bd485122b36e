"""A desired document on the whole gateway: its settings are obeyed, and what does not fit the site is told, also of a pinned one."""

from pathlib import Path

import pytest

from contract.site import device_api
from gateway.command.doctor import findings
from gateway.desired.poll import SAME_AGAIN_S
from gateway.health.status import read_status
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.tests.conftest import Site, until
from gateway.tests.parts import CLOCK
from gateway.tests.site import configuration_document, desired_node, make_configuration, write_configuration

pytestmark = pytest.mark.hil

_MISFIT = "rules[0].outputs[0].output: this site has no output siren; it has none"
_LOUD = {"id": "r", "version": 1, "kind": "silent", "outputs": [{"output": "siren"}]}


async def test_settings_are_obeyed_and_what_they_leave_out_is_as_the_file_says(site: Site) -> None:
    gateway = await site.start_with("n-1", fleet={"report_interval_s": 86_400, "history_bytes_per_s": 7})
    await site.fleet.desire([desired_node("n-1")], settings={"report_interval_s": 1, "trial_s": 60})
    await until(lambda: (gateway.desired.version, gateway.desired.on_trial) == (2, False), "kept")
    told = len(site.fleet.reports)
    await site.fleet.wait(lambda: len(site.fleet.reports) >= told + 3, what="told every second")
    assert gateway.desired.limit_s == 60
    await site.fleet.desire([desired_node("n-1")], settings={})
    await until(lambda: (gateway.desired.version, gateway.desired.on_trial) == (3, False), "kept")
    assert (gateway.poll.report_interval_s, gateway.desired.limit_s) == (86_400, gateway.configuration.fleet.trial_s)


async def test_a_new_document_that_does_not_fit_is_refused_and_the_fleet_is_told_every_fault(site: Site) -> None:
    gateway = await site.start_with("n-1")
    await site.fleet.desire([desired_node("n-1")], rules=[_LOUD | {"nodes": ["n-9"]}])
    await site.fleet.wait(lambda: any(told.get("state") == "refused" for told in site.fleet.reports), what="refused")
    refused = next(told for told in site.fleet.reports if told.get("state") == "refused")
    assert refused["faults"] == ["rules[0].nodes[0]: n-9 is not among the nodes of this document", _MISFIT]
    assert gateway.desired.version == 1


_AHEAD = 1 + device_api.MAX_VERSIONS_AHEAD + 1
_TOO_FAR = f"version: at most {device_api.MAX_VERSIONS_AHEAD} greater than 1, which is in force"


async def test_an_answer_that_this_fleet_cannot_have_issued_is_reported_of_the_version_in_force(site: Site) -> None:
    gateway = await site.start_with("n-1")
    await site.fleet.desire([desired_node("n-1")], version=_AHEAD)
    await site.fleet.wait(lambda: site.fleet.reports[-1].get("state") == "refused", what="reported")
    told = site.fleet.reports[-1]
    assert (told["version"], told["in_force"], told["ok"], told["faults"]) == (1, 1, False, [_TOO_FAR])
    assert (gateway.desired.version, gateway.desired.have) == (1, 1), "nor is a document that is right shut out"
    await until(lambda: gateway.counters["desired.refused"] == 2, "the same bytes once more")
    await until(lambda: any(f"asks again after {SAME_AGAIN_S} s" in text for text in _errors(site)), "then not in a hurry")


async def test_the_verdict_on_the_version_in_force_comes_back_when_the_fleet_has_come_to_itself(site: Site) -> None:
    await site.start_with("n-1")
    site.fleet.version += 1
    await site.fleet.publish(b"{}")
    await site.fleet.wait(lambda: site.fleet.reports[-1].get("state") == "refused", what="reported")
    site.fleet.version -= 1
    await site.fleet.wait(lambda: site.fleet.reports[-1].get("state") == "kept", what="reported")
    assert (site.fleet.reports[-1]["version"], site.fleet.reports[-1]["faults"]) == (1, [])


async def test_a_pinned_document_that_lost_its_output_runs_on_and_everybody_is_told(site: Site, tmp_path: Path) -> None:
    await site.fleet.desire([desired_node("n-1")], rules=[_LOUD])
    gateway = await site.start(outputs={"siren": f"file:{tmp_path}/siren"})
    await until(lambda: gateway.desired.version == 1, "in force")
    await site.stop()
    site.fleet.reports.clear()
    gateway = await site.start()
    assert (gateway.desired.version, gateway.desired.misfits) == (1, (_MISFIT,))
    await site.fleet.wait(lambda: bool(site.fleet.reports), what="told")
    told = site.fleet.reports[0]
    assert (told["state"], told["ok"], told["in_force"], told["faults"]) == ("kept", False, 1, [_MISFIT])
    await until(lambda: read_status(site.state, CLOCK.utc_ms()).get("desired_misfits") == [_MISFIT], "shown by status")
    config = tmp_path / "gateway.toml"
    write_configuration(config, configuration_document(site.state, site.fleet, site.broker.port))
    (site.state / "identity.json").write_bytes(site.fleet.identity_bytes())
    found = await findings(make_configuration(site.state, site.fleet, site.broker.port), config)
    (finding,) = [one for one in found if one.subject == "desired"]
    assert _MISFIT in finding.text and "gateway.toml" in finding.advice


def _errors(site: Site) -> list[str]:
    reading = open_for_reading(site.state / FILE_NAME)
    try:
        return [text for (text,) in reading.execute("SELECT text FROM errors WHERE place = 'desired'")]
    finally:
        reading.close()
