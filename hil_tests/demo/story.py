"""What happens in the demo by itself: a setting is changed, smoke comes and goes at one site, the line of the other is cut and mended.

Each act says what it does and what came of it; one that has begun and not ended as it should is a fault of the demo.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from hil_tests.cut_line import CutLine
from hil_tests.demo.air import SMOKY, Smoke
from hil_tests.district import District
from hil_tests.plan import EAST_GATE, RIVER_PARK

Say = Callable[[str], None]

CHANGED_NODE = "river-2"
CHANGED_PERIOD_MS = 3000
TRIED_NODE, TRIED_PERIOD_MS = "east-2", 2000
OWN_REASON = "the demo shows a change"
# State of settings -> what the node made of them.
OUTCOMES = {"confirmed": "confirms", "refused": "refuses"}
BY_ITSELF, BY_FILE = "by the demo itself", "by your file"
ALARM_GATEWAY = f"gw-{RIVER_PARK.id}"
CUT_SITE = EAST_GATE.id
RULE = {
    "id": "smoke", "version": 1, "kind": "level", "quantity": "pm2_5_atm", "slot": 0, "raise": 150, "clear": 75, "window_s": 10,
    "least_share": 50, "severity": "alarm", "outputs": [{"output": "siren"}],
}  # fmt: skip
# A line counts as mended once what comes is this fresh.
FRESH_S = 12.0


class Act(Protocol):
    """`begins_s`, `ends_s`: when it begins by itself, and has ended at the latest. `what`: for the verdict. `is_open`: begun, not ended."""

    begins_s: float
    ends_s: float
    what: str
    is_open: bool

    def begin(self, now_s: float) -> None: ...

    def look(self, now_s: float) -> None: ...


class Spell:
    """What is on for a while once it has begun, and as long as a file exists."""

    def __init__(self, lasts_s: float, switch: Path) -> None:
        self._lasts_s = lasts_s
        self._switch = switch
        self._until_s = 0.0
        self._causes: list[str] = []

    def begin(self, now_s: float) -> None:
        self._until_s = now_s + self._lasts_s

    @property
    def is_on(self) -> bool:
        """When it was looked at last."""
        return bool(self._causes)

    def look(self, now_s: float, begins: str, ends: str) -> str:
        """What has changed since it was looked at last, with who keeps it on; "" when nothing has."""
        before, self._causes = self._causes, self._now(now_s)
        if self._causes == before:
            return ""
        return f"{begins if not before else 'goes on'}, {' and '.join(self._causes)}" if self._causes else ends

    def _now(self, now_s: float) -> list[str]:
        return [cause for cause, is_on in ((BY_ITSELF, now_s < self._until_s), (BY_FILE, self._switch.exists())) if is_on]


class ChangeOfSetting:
    begins_s, ends_s = 15.0, 30.0
    what = "the change of a setting was not confirmed"

    def __init__(self, district: District, say: Say) -> None:
        self._district = district
        self._say = say
        self._begun_s = 0.0
        self.is_open = False

    def begin(self, now_s: float) -> None:
        api, path = self._district.fleet.api, f"nodes/{CHANGED_NODE}/settings"
        settings = {**api.get(path)["desired"]["settings"], "period_ms": CHANGED_PERIOD_MS}
        self._begun_s, self.is_open = now_s, True
        self._say(f"[cyan]{CHANGED_NODE}[/cyan]: set {BY_ITSELF} to a report each {CHANGED_PERIOD_MS // 1000} s, through the API")
        api.put(path, {"settings": settings, "reason": OWN_REASON})

    def look(self, now_s: float) -> None:
        if self.is_open and self._district.fleet.api.get(f"nodes/{CHANGED_NODE}/settings")["state"] == "confirmed":
            self.is_open = False
            self._say(f"[cyan]{CHANGED_NODE}[/cyan]: the node confirms its new settings, {now_s - self._begun_s:.1f} s after the change")


class VisitorsSettings:
    """Says of every change of settings that is not the demo's own that it was seen, and what the node made of it."""

    begins_s = ends_s = float("inf")
    what = ""
    is_open = False

    def __init__(self, district: District, line: CutLine, say: Say) -> None:
        self._district = district
        self._line = line
        self._say = say
        self._seen = {node: self._settings(node)["desired"]["version"] for node in district.nodes}
        self._asked: dict[str, int] = {}

    def begin(self, now_s: float) -> None:
        """It is the visitor's."""

    def look(self, now_s: float) -> None:
        for node in self._district.nodes:
            settings = self._settings(node)
            version = settings["desired"]["version"]
            if version != self._seen[node]:
                self._see(node, version)
                self._seen[node] = version
            if self._asked.get(node) == version and settings["state"] in OUTCOMES:
                del self._asked[node]
                self._say(f"[cyan]{node}[/cyan]: the node {OUTCOMES[settings['state']]} your settings of version {version}")

    def _see(self, node: str, version: int) -> None:
        if self._district.fleet.api.get(f"nodes/{node}/settings/history/{version}")["reason"] == OWN_REASON:
            return
        self._asked[node] = version
        is_behind_cut = self._line.is_cut and any(one.node == node and one.site == CUT_SITE for one in self._district.plan.nodes)
        waits = f"; it reaches the node once the line of gw-{CUT_SITE} is mended" if is_behind_cut else ""
        self._say(f"[cyan]{node}[/cyan]: your change of its settings is seen, version {version}{waits}")

    def _settings(self, node: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._district.fleet.api.get(f"nodes/{node}/settings")
        return answer


class SmokeAtTheRiver:
    begins_s, ends_s = 45.0, 110.0
    what = "the alarm of the smoke did not come and go"
    _BURNS_S = 35.0

    def __init__(self, district: District, smoke: Smoke, switch: Path, say: Say) -> None:
        """`switch`: a file that raises smoke while it exists."""
        self._district = district
        self._smoke = smoke
        self._burns = Spell(self._BURNS_S, switch)
        self._say = say
        self._seen: set[tuple[str, int]] = set()
        self.is_open = False

    def begin(self, now_s: float) -> None:
        self._burns.begin(now_s)
        self.is_open = True

    def look(self, now_s: float) -> None:
        news = self._burns.look(now_s, "rises", "clears")
        self._smoke.is_on = self._burns.is_on
        if news:
            self._say(f"[magenta]smoke at {SMOKY} {news}[/magenta]")
        for alarm in _alarms(self._district):
            if (alarm["phase"], alarm["since_ms"]) not in self._seen:
                self._seen.add((alarm["phase"], alarm["since_ms"]))
                self._tell(alarm)

    def _tell(self, alarm: dict[str, Any]) -> None:
        if alarm["phase"] == "raise":
            gateway = self._district.gateways[RIVER_PARK.id]
            siren = "on" if gateway.siren_is_on() else "off again"
            limit = f"{alarm['value'] / alarm['scale']:.0f} > {alarm['limit'] / alarm['scale']:.0f} µg/m³"
            self._say(f"[red]ALARM {alarm['rule']}[/red] at {alarm['node']}: {limit}; raised by the gateway, its siren is {siren}")
        elif alarm["phase"] == "clear":
            self.is_open = False
            self._say(f"[green]the alarm {alarm['rule']} at {alarm['node']} has ended[/green]")


class CutOfTheLine:
    begins_s, ends_s = 115.0, 165.0
    what = "after the cut of the line something is missing"
    _CUT_S = 25.0

    def __init__(self, district: District, line: CutLine, switch: Path, say: Say) -> None:
        """`switch`: a file that cuts the line while it exists."""
        self._district = district
        self._line = line
        self._cut = Spell(self._CUT_S, switch)
        self._say = say
        self._nodes = [node.node for node in district.plan.nodes if node.site == CUT_SITE]
        self._before: dict[str, int] = {}
        self.is_open = False

    def begin(self, now_s: float) -> None:
        self._cut.begin(now_s)

    def look(self, now_s: float) -> None:
        news, cut = self._cut.look(now_s, "is cut", "is mended"), self._cut.is_on
        if news:
            kept = "; the gateway keeps what its nodes report" if cut else ""
            self._say(f"[magenta]the line between gw-{CUT_SITE} and the fleet {news}[/magenta]{kept}")
        if cut and not self._line.is_cut:
            self._before = {node: self._district.received(node) for node in self._nodes}
            self.is_open = True
            self._line.cut()
        elif not cut and self._line.is_cut:
            self._line.mend()
        elif self.is_open and not cut and self._is_whole():
            self.is_open = False
            came = ", ".join(f"{node} {self._district.received(node) - self._before[node]}" for node in self._nodes)
            self._say(f"[green]gw-{CUT_SITE} has delivered what it kept[/green] ({came}); nothing is missing, nothing came twice")

    def _is_whole(self) -> bool:
        newest = {
            of_node["node"]: min((c["age_s"] for c in of_node["channels"]), default=1e9)
            for of_node in self._district.fleet.api.every("latest")
        }
        if any(newest.get(node, 1e9) > FRESH_S for node in self._nodes):
            return False
        return not any(boot["missing"] for node in self._nodes for boot in self._district.ledger(node))


def _alarms(district: District) -> list[dict[str, Any]]:
    return [item["body"]["a"] for item in district.items(ALARM_GATEWAY) if item["body"].get("k") == "alarm"]
