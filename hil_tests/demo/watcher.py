"""Says once what is worth knowing of the district, and judges at the end whether the demo was what it promises."""

import http.client
import time
from collections.abc import Callable
from typing import Any

from hil_tests.admin_api import ApiError
from hil_tests.demo.story import Act
from hil_tests.district import District

LEAST_REPORTS = 2
COUNT_EVERY_S = 30.0
# What a fleet that was killed or stopped makes of a question.
NO_ANSWER = (OSError, http.client.HTTPException, ApiError, ValueError)

Say = Callable[[str], None]


class Watcher:
    """`limit_s`: how long the demo runs; an act begins only if it has the time to end. None: for ever."""

    def __init__(self, district: District, acts: list[Act], limit_s: float | None, say: Say) -> None:
        self._district = district
        self._waiting = [act for act in acts if limit_s is None or act.ends_s <= limit_s]
        self._acts = acts
        self._say = say
        self._reported: set[str] = set()
        self._clean: set[str] = set()
        self._boots: dict[str, int] = {}
        self._counted_s = 0.0
        self._away = False

    def look(self, now_s: float) -> None:
        """now_s: since everything runs. A fleet that does not answer costs a line, no more."""
        self._look_at_boards()
        try:
            self._look_at_record(now_s)
        except NO_ANSWER:
            if not self._away:
                self._say("[yellow]the fleet service does not answer; gateways and nodes keep what they have, the demo goes on[/yellow]")
            self._away = True
            return
        if self._away:
            self._say("the fleet service answers again")
        self._away = False

    def verdict(self) -> list[str]:
        """What is not as it should be, in words; empty: all is well."""
        thin = [node for node in self._district.nodes if len(self._district.reports(node)) < LEAST_REPORTS]
        return [f"{node}: fewer than {LEAST_REPORTS} reports in the record" for node in thin] + [
            act.what for act in self._acts if act.is_open
        ]

    def _look_at_record(self, now_s: float) -> None:
        for of_node in self._district.fleet.api.every("latest"):
            for channel in of_node["channels"]:
                self._news_of(of_node["node"], channel)
        if self._waiting and now_s >= self._waiting[0].begins_s:
            self._waiting.pop(0).begin(now_s)
        for act in self._acts:
            act.look(now_s)
        if now_s - self._counted_s >= COUNT_EVERY_S:
            self._counted_s = now_s
            counts = ", ".join(f"{node} {len(self._district.reports(node))}" for node in self._district.nodes)
            self._say(f"[dim]reports in the record: {counts}[/dim]")

    def _look_at_boards(self) -> None:
        for name, node in self._district.nodes.items():
            boots = node.board.boots
            if len(boots) > self._boots.setdefault(name, len(boots)):
                self._boots[name] = len(boots)
                why = boots[-2][1] if len(boots) > 1 else ""
                self._say(f"[yellow]{name} started anew ({why}); its sensors warm up again[/yellow]")

    def _news_of(self, node: str, row: dict[str, Any]) -> None:
        if node not in self._reported:
            self._reported.add(node)
            self._say(f"[cyan]{node}[/cyan]: its first report is in the record; its sensors warm up for half a minute")
        if node not in self._clean and row["quantity"] == "pm2_5_atm" and row["quality"] == "ok":
            self._clean.add(node)
            self._say(f"[cyan]{node}[/cyan]: PM2.5 {row['value']:.1f} {row['unit']}, quality ok")


def patient_verdict(watcher: Watcher, within_s: float) -> list[str]:
    """As verdict, also of a fleet that is just being started again."""
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            return watcher.verdict()
        except NO_ANSWER as error:
            if time.monotonic() > deadline_s:
                return [f"the fleet service does not answer: {error}"]
            time.sleep(1)
