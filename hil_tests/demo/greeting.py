"""What the demo prints once everything runs: where to look, how to ask the API, and three things to try."""

import json
from pathlib import Path

from hil_tests.demo.story import ALARM_GATEWAY, CUT_SITE, TRIED_NODE, TRIED_PERIOD_MS
from hil_tests.district import District
from hil_tests.site_gateway import PIN

SMOKE_SWITCH, CUT_SWITCH = "smoke", "cut"


def lines(district: District, folder: Path, by_ssh: str | None) -> list[str]:
    fleet = district.fleet
    found = [
        "",
        f"  [bold]The page of the district:[/bold] {fleet.url}/",
        "  Its 991 areas are made up, as their names say; its two sites stand in cells of it.",
    ]
    for gateway in district.gateways.values():
        found.append(f"  {gateway.name}, as its technician sees it: http://127.0.0.1:{gateway.web_port}/   PIN {PIN}")
    if by_ssh:
        found += ["  You are here by ssh. On your own machine run this, and open the same addresses there:", f"    {by_ssh}"]
    found += [
        f"  The API: {fleet.url}/docs   To ask it:",
        f"    curl -s -H 'Authorization: Bearer {fleet.api.token}' {fleet.url}/api/v1/latest",
        f"  Everything of this run is in {folder}; it is removed when the demo ends well.",
        "",
        "  By itself the demo changes a setting, raises smoke and cuts a line, once each where its time allows,",
        "  and says of these that they are its own.",
        "",
        "  [bold]Three things to try[/bold]",
    ]
    for what, begin, end in things_to_try(district, folder):
        found += [f"  {what}", f"    {begin}", *([f"    {end}"] if end else [])]
    return found


def things_to_try(district: District, folder: Path) -> list[tuple[str, str, str]]:
    """(what, the command that begins it, the command that ends it or "")."""
    fleet = district.fleet
    change = {"settings": {"period_ms": TRIED_PERIOD_MS}, "reason": "to try"}
    ask = f"curl -s -X PATCH -H 'Authorization: Bearer {fleet.api.token}' -H 'Content-Type: application/json'"
    return [
        (
            f"1. Raise smoke at the river: {ALARM_GATEWAY} raises an alarm and its siren within 20 s. End it by the second command.",
            f"touch {folder / SMOKE_SWITCH}",
            f"rm {folder / SMOKE_SWITCH}",
        ),
        (
            f"2. Cut the line between gw-{CUT_SITE} and the fleet, wait, and mend it: everything arrives, once.",
            f"touch {folder / CUT_SWITCH}",
            f"rm {folder / CUT_SWITCH}",
        ),
        (
            f"3. Let {TRIED_NODE} report each {TRIED_PERIOD_MS // 1000} s; the node confirms it within seconds, which is said here.",
            f"{ask} -d '{json.dumps(change)}' {fleet.url}/api/v1/nodes/{TRIED_NODE}/settings",
            "",
        ),
    ]
