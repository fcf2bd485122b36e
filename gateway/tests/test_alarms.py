"""From a report to an output and an event in the record, on the whole gateway; over restarts, faults of rules, and a flood of history."""

from pathlib import Path
from typing import Any

import pytest

from gateway.tests.conftest import Site, until
from gateway.tests.parts import CLOCK
from gateway.tests.site import BOOT, Node, desired_node, items, report
from hil_tests.stand_in_fleet.fleet import GATEWAY

pytestmark = pytest.mark.hil

PM2_5 = 6
HIGH, LOW = 20_000, 1_000  # in hundredths of ug/m3


def rule(id_: str = "pm-high", **more: Any) -> dict[str, Any]:
    limits = {"raise": 150, "clear": 120, "window_s": 10, "least_share": 1}
    return {"id": id_, "version": 1, "kind": "level", "quantity": "pm2_5_atm", **limits, "outputs": [{"output": "siren"}], **more}


def measured(seq: int, value: int, start_ms: int | None = None, **more: Any) -> dict[str, Any]:
    """A period of 10 s that began 50 s ago, and 12 s more for each number, unless told otherwise."""
    start = CLOCK.utc_ms() - 50_000 + 12_000 * seq if start_ms is None else start_ms
    return report(seq, u=start, e=120, **more) | {"ch": [[0, PM2_5, 0, 10, value, value, value]]}


def alarms(site: Site) -> list[tuple[str, str, str]]:
    """(rule, node, phase) of the record, in the order of their numbers."""
    events = sorted((key, item["body"]) for key, item in site.fleet.items.items() if key[0] == GATEWAY and item["kind"] == "event")
    return [(body["a"]["rule"], body["a"]["node"], body["a"]["phase"]) for _, body in events if body["k"] == "alarm"]


class Alarmed:
    """A site with rules, one output that is a file, and a node n-1."""

    def __init__(self, site: Site, pin: Path) -> None:
        self.site, self.pin = site, pin

    async def start(self, *rules: dict[str, Any], **sections: Any) -> Node:
        await self.site.fleet.desire([desired_node("n-1"), desired_node("n-2")], rules=list(rules))
        await self.again(**sections)
        return await self.site.node("n-1")

    async def again(self, **sections: Any) -> None:
        await self.site.start(outputs={"siren": f"file:{self.pin}"}, **sections)
        await until(lambda: self.site.gateway.desired.version == self.site.fleet.version, "document in force")

    def is_on(self) -> bool:
        return self.pin.exists() and self.pin.read_text() == "1\n"


@pytest.fixture
def alarmed(site: Site, tmp_path: Path) -> Alarmed:
    return Alarmed(site, tmp_path / "siren")


async def test_a_high_value_switches_the_output_and_is_told_and_a_low_one_ends_it(alarmed: Alarmed, site: Site) -> None:
    node = await alarmed.start(rule())
    await node.deliver("report", items("report", measured(0, HIGH)), 0)
    await until(alarmed.is_on, "siren on")
    await site.fleet.wait(lambda: alarms(site) == [("pm-high", "n-1", "raise")], what="raise in the record")
    await node.deliver("report", items("report", measured(1, LOW)), 1)
    await until(lambda: not alarmed.is_on(), "siren off")
    await site.fleet.wait(lambda: alarms(site) == [("pm-high", "n-1", "raise"), ("pm-high", "n-1", "clear")], what="clear")
    told = [item["body"]["a"] for key, item in sorted(site.fleet.items.items()) if key[0] == GATEWAY]
    assert told[0] | {"severity": "alarm", "value": HIGH, "limit": 15_000, "scale": 100, "quantity": "pm2_5_atm", "slot": 0} == told[0]
    assert told[1]["since_ms"] == told[0]["since_ms"], "both name the same alarm"


async def test_an_open_alarm_survives_a_restart_without_a_second_raise_and_clears_after_it(alarmed: Alarmed, site: Site) -> None:
    node = await alarmed.start(rule())
    await node.deliver("report", items("report", measured(0, HIGH)), 0)
    await site.fleet.wait(lambda: len(alarms(site)) == 1)
    await site.stop()
    alarmed.pin.unlink()
    await alarmed.again()
    await until(alarmed.is_on, "siren on again")
    await node.deliver("report", items("report", measured(1, HIGH)), 1)
    await node.deliver("report", items("report", measured(2, LOW)), 2)
    await site.fleet.wait(lambda: len(alarms(site)) == 2)
    assert alarms(site) == [("pm-high", "n-1", "raise"), ("pm-high", "n-1", "clear")]


async def test_a_rule_that_is_taken_away_clears_its_alarm(alarmed: Alarmed, site: Site) -> None:
    node = await alarmed.start(rule())
    await node.deliver("report", items("report", measured(0, HIGH)), 0)
    await until(alarmed.is_on, "siren on")
    await site.fleet.desire([desired_node("n-1"), desired_node("n-2")], rules=[])
    await until(lambda: not alarmed.is_on(), "siren off")
    await site.fleet.wait(lambda: [phase for *_, phase in alarms(site)] == ["raise", "clear"])


async def test_spooled_history_is_not_judged_live(alarmed: Alarmed, site: Site) -> None:
    node = await alarmed.start(rule())
    three_days_ago_ms = CLOCK.utc_ms() - 3 * 86_400_000
    old = [measured(seq, HIGH, three_days_ago_ms + 10_000 * seq) for seq in range(20)]
    await node.deliver("report", items("report", *old), 19)
    await node.deliver("report", items("report", measured(20, LOW, CLOCK.utc_ms() - 10_000)), 20)
    await site.fleet.wait(lambda: len(site.fleet.items) == 21)
    await until(lambda: site.gateway.counters["rules.judged"] == 1, "only the live one is judged")
    assert alarms(site) == [] and not alarmed.is_on()


async def test_faster_sampling_is_asked_for_until_the_node_shows_it(alarmed: Alarmed, site: Site) -> None:
    node = await alarmed.start(rule(faster={"period_s": 2, "for_s": 600}))
    await node.deliver("report", items("report", measured(0, HIGH)), 0)
    await node.wait(lambda: len(node.of_kind("do")) >= 1, what="asked")
    asked = node.of_kind("do")[0]
    assert (asked["b"], asked["w"], asked["p"]) == (BOOT, "faster", 2000) and 590_000 < asked["d"] <= 600_000
    await node.deliver("report", items("report", measured(1, HIGH, CLOCK.utc_ms() - 2000, d=2000)), 1)
    await until(lambda: site.gateway.faster._wanted["n-1"].is_shown, "shown")


async def test_a_hook_is_called_by_its_name_and_one_that_the_site_no_longer_has_is_only_counted(
    alarmed: Alarmed, site: Site, tmp_path: Path
) -> None:
    program, told = tmp_path / "hook", tmp_path / "told"
    program.write_text(f'#!/bin/sh\necho "$AIRGRID_PHASE $AIRGRID_RULE $AIRGRID_NODE" >> {told}\n')
    program.chmod(0o755)
    node = await alarmed.start(rule(hook="call"), rule("other", hook="former"), hooks={"call": str(program), "former": str(program)})
    await site.stop()
    await alarmed.again(hooks={"call": str(program)})
    await node.deliver("report", items("report", measured(0, HIGH)), 0)
    await until(lambda: told.exists() and told.read_text() == "raise pm-high n-1\n", "told")
    assert site.gateway.counters["hooks.failures"] == 1
