"""History is judged by the code that judges live, so it says the same."""

from air.rules.facts import Fact
from air.rules.history import replay
from air.rules.tests.site import T0_MS, level, told, values, watch

_RULES = [
    level(clear=120, hold_s=20, outputs=[{"output": "siren"}]),
    {"id": "quiet", "version": 1, "kind": "silent", "after_s": 100},
    {"id": "few", "version": 1, "kind": "completeness", "quantity": "pm2_5_atm", "window_s": 300},
]


def test_replay_tells_what_was_told_live() -> None:
    reports = values([100.0] * 30 + [200.0] * 30 + [None] * 20 + [100.0] * 20)
    reports += values([100.0] * 40, first=130)
    arrivals = [(one.start_ms + 12_000, one) for one in reports]
    site = watch(_RULES)
    live: list[Fact] = []
    for now_s in range(1_700):
        if now_s % 60 == 12:
            live += site.tick(T0_MS + now_s * 1000)
        live += [fact for at_ms, one in arrivals if at_ms == T0_MS + now_s * 1000 for fact in site.handle(one, at_ms)]
    history = list(replay(_RULES, ["n1"], lambda utc_ms: 0, arrivals))
    assert history == live
    assert [line.lstrip("0123456789 ").split(" since")[0] for line in told(history)] == [
        "raise pm n1",
        "switch siren on",
        "raise few n1",
        "clear pm n1 condition",
        "switch siren None",
        "raise quiet n1",
        "clear quiet n1 condition",
        "clear few n1 condition",
    ]
