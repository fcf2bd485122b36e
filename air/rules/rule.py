"""A rule of a document as it is judged: times in ms, limits as integers on a scale, the schedule ready to be asked."""

from dataclasses import dataclass
from typing import Any

from air.rules import calendar
from contract import quantities
from contract.site import rules
from contract.site.decimals import scaled
from contract.site.qualities import QUALITIES

RATIO_SCALE = 1000
PERCENT_SCALE = 100
CELLS = 720  # a window has no more steps than this: what comes within one step is judged together
LATENESS_MS = 3_600_000
_RATE_PARTS = {"minute": 60_000, "hour": 3_600_000}
_QUALITY_CODES = {key: code for code, key in QUALITIES}


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    pattern: str
    for_s: int


@dataclass(frozen=True, slots=True)
class Rule:
    """`scale` and `unit` are those of values and limits. `nodes` empty: all of the site. slot -1: every slot."""

    id: str
    version: int
    kind: str
    severity: str
    order: int
    nodes: frozenset[str]
    is_site: bool
    slot: int
    quantity: int
    under: int
    statistic: str
    is_raw: bool
    qualities: frozenset[int]
    schedule: tuple[calendar.Entry, ...]
    window_ms: int
    hold_ms: int
    clear_hold_ms: int
    least_share: int
    raise_at: int
    clear_at: int
    above: int
    least: int
    scale: int
    unit: str
    per_ms: int
    baseline_ms: int
    percentile: int
    outputs: tuple[Output, ...]
    faster: tuple[int, int] | None
    hook: str

    @property
    def lateness_ms(self) -> int:
        """How much older than the newest data a report may be and still be judged."""
        return min(self.window_ms, LATENESS_MS)

    @property
    def horizon_ms(self) -> int:
        """How old data may be and still matter."""
        return 0 if self.kind == "silent" else self.window_ms + self.lateness_ms + self.baseline_ms

    @property
    def step_ms(self) -> int:
        return max(1, self.window_ms // CELLS)


def compile_rule(document: dict[str, Any], order: int) -> Rule:
    """From a rule without faults (contract.site.rules.rule_faults)."""
    whole = rules.with_defaults(document)
    kind = whole["kind"]
    quantity = quantities.ID[whole["quantity"]] if whole["quantity"] is not None else 0
    scale, unit = _scale_and_unit(whole, quantity)
    quantity_scale = quantities.scale(quantity) if quantity else 1
    faster = whole["faster"]
    raise_at, clear_at = _limits(whole, scale, quantity_scale)
    return Rule(
        id=whole["id"], version=whole["version"], kind=kind, severity=whole["severity"], order=order,
        nodes=frozenset(whole["nodes"]), is_site=whole.get("scope") == "site", slot=whole["slot"], quantity=quantity,
        under=quantities.ID[whole["under"]] if kind == "ratio" else 0,
        statistic=whole.get("statistic", ""), is_raw=whole.get("basis") == "raw",
        qualities=frozenset(_QUALITY_CODES[key] for key in whole.get("qualities", ())),
        schedule=calendar.entries(whole["when"]),
        window_ms=whole.get("window_s", whole.get("after_s", 0)) * 1000,
        hold_ms=whole.get("hold_s", 0) * 1000, clear_hold_ms=whole.get("clear_hold_s", 0) * 1000,
        least_share=whole.get("least_share", 0), raise_at=raise_at, clear_at=clear_at,
        above=scaled(whole.get("above", 0), quantity_scale), least=scaled(whole.get("least", 0), quantity_scale),
        scale=scale, unit=unit, per_ms=_RATE_PARTS.get(whole.get("per", ""), 0),
        baseline_ms=whole.get("baseline_h", 0) * 3_600_000, percentile=whole.get("percentile", 0),
        outputs=tuple(Output(row["output"], row.get("pattern", rules.PATTERNS[0]), row.get("for_s", 0)) for row in whole["outputs"]),
        faster=None if faster is None else (faster["period_s"], faster["for_s"]), hook=whole["hook"],
    )  # fmt: skip


def _scale_and_unit(whole: dict[str, Any], quantity: int) -> tuple[int, str]:
    kind = whole["kind"]
    if kind == "silent":
        return 1, "s"
    if kind in ("ratio", "episode"):
        return RATIO_SCALE, "1"
    if kind in ("health", "completeness") or whole.get("statistic") == "share":
        return PERCENT_SCALE, "%"
    unit = quantities.unit(quantity)
    return quantities.scale(quantity), f"{unit} per {whole['per']}" if kind == "rate" else unit


def _limits(whole: dict[str, Any], scale: int, quantity_scale: int) -> tuple[int, int]:
    if whole["kind"] == "silent":
        return whole["after_s"], whole["after_s"]
    if whole["kind"] == "stuck":
        spread = scaled(whole["spread"], quantity_scale)
        return spread, spread
    return scaled(whole["raise"], scale), scaled(whole["clear"], scale)
