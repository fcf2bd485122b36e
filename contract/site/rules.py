# The rules of a gateway as they travel in a desired document, checked by the fleet that writes them and the gateway that obeys them.
# What they do: air/rules/. A rule is walked by tables; what its keys mean: rule_meanings.py and docs/rules.md.
#
#   {"id": "pm25-high", "version": 4, "kind": "level", "quantity": "pm2_5_atm", "window_s": 600, "statistic": "mean",
#    "raise": 150, "clear": "120.5", "hold_s": 120, "clear_hold_s": 600, "least_share": 75, "severity": "alarm",
#    "when": [{"days": [1, 2, 3, 4, 5], "months": [11, 12, 1, 2], "from": "22:00", "to": "06:00"}],
#    "outputs": [{"output": "siren", "pattern": "blink", "for_s": 60}], "faster": {"period_s": 2, "for_s": 600}, "hook": "call"}
#
# Numbers that are compared with air are decimals (contract/site/decimals.py) in the unit of their quantity.

from contract.faults import MISSING, Fault, below, unknown
from contract.profiles import number_faults
from contract.quantities import ID, is_quantity
from contract.site.decimals import is_within, range_text, scaled
from contract.site.qualities import QUALITIES
from contract.site.schedules import ENTRY_KEYS, when_faults
from contract.topics import MAX_NODE_CHARACTERS, is_node_id
from contract.values import MAX_KEY, is_text

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

MAX_RULES = 200
MAX_NODES = 1000
MAX_OUTPUTS = 4
MAX_VERSION = (1 << 31) - 1
LARGEST = 1000000

SEVERITIES = ("notice", "warning", "alarm")
PATTERNS = ("on", "blink", "pulse")
STATISTICS = ("mean", "max", "share")
QUALITY_KEYS = tuple(row[1] for row in QUALITIES)
UNHEALTHY = ("no_reply", "rejected", "exception", "stuck", "inconsistent", "sensor_error", "quarantined", "twin_disagrees")

_WINDOW = ("window_s", "s", 600, 10, 86400)
_HOLDS = (("hold_s", "s", 0, 0, 86400), ("clear_hold_s", "s", 0, 0, 86400))
_SHARE = ("least_share", "%", 75, 1, 100)
_ABOUT_AIR = (_WINDOW,) + _HOLDS + (_SHARE,)

# kind -> integers: key, unit, default (None: required), least, greatest
NUMBERS = {
    "level": _ABOUT_AIR,
    "rate": _ABOUT_AIR,
    "ratio": _ABOUT_AIR,
    "episode": _ABOUT_AIR + (("baseline_h", "h", 24, 1, 48), ("percentile", "%", 20, 1, 90)),
    "stuck": (("window_s", "s", 21600, 10, 86400),) + _HOLDS + (_SHARE,),
    "health": _ABOUT_AIR,
    "completeness": (("window_s", "s", 3600, 60, 86400),) + _HOLDS,
    "silent": (("after_s", "s", 300, 10, 604800),),
}
# kind -> decimals: key, unit, default (None: required; a key: as that one), least, greatest
_LEVEL = (("raise", "quantity", None, -LARGEST, LARGEST), ("clear", "quantity", "raise", -LARGEST, LARGEST))
DECIMALS = {
    "level": _LEVEL + (("above", "quantity", 0, -LARGEST, LARGEST),),
    "rate": _LEVEL,
    "ratio": (("raise", "1", None, 0, 10000), ("clear", "1", "raise", 0, 10000), ("least", "quantity", 0, 0, LARGEST)),
    "episode": (("raise", "1", None, 1, 10000), ("clear", "1", "raise", 1, 10000), ("least", "quantity", 0, 0, LARGEST)),
    "stuck": (("spread", "quantity", 0, 0, LARGEST),),
    "health": (("raise", "%", 50, 0, 100), ("clear", "%", "raise", 0, 100)),
    "completeness": (("raise", "%", 75, 0, 100), ("clear", "%", "raise", 0, 100)),
    "silent": (),
}
# kind -> choices: key, allowed, default (None: required)
_SCOPE = ("scope", ("node", "site"), "node")
_BASIS = ("basis", ("calibrated", "raw"), "calibrated")
CHOICES = {
    "level": (("statistic", STATISTICS, "mean"), _SCOPE, _BASIS),
    "rate": (("per", ("minute", "hour"), "minute"), _SCOPE, _BASIS),
    "ratio": (("under", tuple(ID), None), _SCOPE, _BASIS),
    "episode": (_SCOPE, _BASIS),
    "stuck": (),
    "health": (),
    "completeness": (),
    "silent": (),
}
KINDS = tuple(NUMBERS)
# Of these the limits are no level of the quantity but a share of time; of those the quantity may be left out: of the whole node.
QUANTITY_OPTIONAL = ("silent",)
EVERY_CHOICE = (("severity", SEVERITIES, "alarm"),)
EVERY_NUMBER = (("version", "", None, 1, MAX_VERSION),)
SLOT = (("slot", "", -1, 0, 15),)
FASTER = (("period_s", "s", None, 1, 900), ("for_s", "s", None, 10, 86400))
OUTPUT = (("for_s", "s", 0, 0, 86400),)
EVERY_KEY = ("id", "kind", "quantity", "nodes", "when", "outputs", "faster", "hook")
OUTPUT_KEYS = ("output", "pattern", "for_s")


def faults(rules: object) -> "list[Fault]":
    """Every fault of the list. An unknown key is not one."""
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        return [Fault((), "a list of at most %d" % MAX_RULES, rules)]
    found: "list[Fault]" = []
    seen = set()
    for index, rule in enumerate(rules):
        of_rule = rule_faults(rule)
        if not of_rule and rule["id"] in seen:
            of_rule.append(_fault(rule, "id", "an id of its own"))
        elif not of_rule:
            seen.add(rule["id"])
        found.extend(below((index,), of_rule))
    return found


def rule_faults(rule: object) -> "list[Fault]":
    """Of one rule by itself."""
    if not isinstance(rule, dict):
        return [Fault((), "an object", rule)]
    kind = rule.get("kind")
    found = [] if is_text(rule.get("id"), 1, MAX_KEY) else [_fault(rule, "id", "text of 1 to %d characters" % MAX_KEY)]
    found.extend(number_faults(EVERY_NUMBER + SLOT, rule))
    found.extend(_choice_faults(EVERY_CHOICE, rule))
    found.extend(_action_faults(rule))
    found.extend(below(("when",), when_faults(rule.get("when", []))))
    if kind not in KINDS:
        return found + [_fault(rule, "kind", "one of " + ", ".join(KINDS))]
    found.extend(number_faults(NUMBERS[kind], rule))
    found.extend(_choice_faults(CHOICES[kind], rule))
    found.extend(_decimal_faults(DECIMALS[kind], rule))
    found.extend(_subject_faults(kind, rule))
    return found or _order_faults(kind, rule)


def _fault(fields: "dict[str, Any]", key: str, allowed: str) -> Fault:
    return Fault((key,), allowed, fields.get(key, MISSING))


def unknown_keys(rules: "list[Any]") -> "list[Fault]":
    """Keys that no row of the tables names: to be refused where a person types, kept where a machine passes on."""
    found: "list[Fault]" = []
    for index, rule in enumerate(rules):
        if isinstance(rule, dict) and rule.get("kind") in KINDS:
            found.extend(below((index,), _unknown_keys(rule)))
    return found


def _unknown_keys(rule: "dict[str, Any]") -> "list[Fault]":
    kind = rule["kind"]
    rows = EVERY_NUMBER + NUMBERS[kind] + SLOT + EVERY_CHOICE + CHOICES[kind] + DECIMALS[kind]
    known = EVERY_KEY + tuple(row[0] for row in rows) + (("qualities",) if kind == "health" else ())
    found = unknown(rule, known)
    faster = rule.get("faster")
    if isinstance(faster, dict):
        found.extend(below(("faster",), unknown(faster, [row[0] for row in FASTER])))
    outputs = rule.get("outputs", [])
    for at, output in enumerate(outputs if isinstance(outputs, list) else []):
        if isinstance(output, dict):
            found.extend(below(("outputs", at), unknown(output, OUTPUT_KEYS)))
    when = rule.get("when", [])
    for at, entry in enumerate(when if isinstance(when, list) else []):
        if isinstance(entry, dict):
            found.extend(below(("when", at), unknown(entry, ENTRY_KEYS)))
    return found


def with_defaults(rule: "dict[str, Any]") -> "dict[str, Any]":
    """A new rule with every key of its kind present. The argument must have no faults."""
    kind = rule["kind"]
    whole: "dict[str, Any]" = {"slot": -1, "nodes": [], "when": [], "outputs": [], "faster": None, "hook": "", "quantity": None}
    if kind == "health":
        whole["qualities"] = list(UNHEALTHY)
    for row in NUMBERS[kind] + CHOICES[kind] + EVERY_CHOICE:
        whole[row[0]] = row[2]
    for key, _, default, _, _ in DECIMALS[kind]:
        whole[key] = rule.get(default, whole[default]) if isinstance(default, str) else default
    whole.update(rule)
    return whole


def _choice_faults(rows: "tuple[Any, ...]", rule: "dict[str, Any]") -> "list[Fault]":
    found = []
    for key, choices, default in rows:
        if key not in rule:
            if default is None:
                found.append(_fault(rule, key, "required"))
        elif rule[key] not in choices:
            allowed = "the key of a quantity" if choices == tuple(ID) else "one of " + ", ".join(choices)
            found.append(_fault(rule, key, allowed))
    return found


def _decimal_faults(rows: "tuple[Any, ...]", rule: "dict[str, Any]") -> "list[Fault]":
    found = []
    for key, unit, default, least, greatest in rows:
        if key not in rule:
            if default is None:
                found.append(_fault(rule, key, "required"))
        elif not is_within(rule[key], least, greatest):
            of_unit = " in the unit of the quantity" if unit == "quantity" else " " + unit if unit != "1" else ""
            found.append(_fault(rule, key, range_text(least, greatest) + of_unit))
    return found


def _subject_faults(kind: str, rule: "dict[str, Any]") -> "list[Fault]":
    found = []
    if "quantity" not in rule:
        if kind not in QUANTITY_OPTIONAL:
            found.append(_fault(rule, "quantity", "required"))
    elif not is_quantity(rule["quantity"]):
        found.append(_fault(rule, "quantity", "the key of a quantity"))
    nodes = rule.get("nodes", [])
    if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
        return found + [_fault(rule, "nodes", "a list of at most %d" % MAX_NODES)]
    for index, node in enumerate(nodes):
        if not (isinstance(node, str) and is_node_id(node)):
            found.append(Fault(("nodes", index), "1 to %d of a-z, 0-9 and -" % MAX_NODE_CHARACTERS, node))
    qualities = rule.get("qualities", ["ok"])
    if kind == "health" and not (isinstance(qualities, list) and qualities and all(key in QUALITY_KEYS for key in qualities)):
        found.append(_fault(rule, "qualities", "a list of at least one of " + ", ".join(QUALITY_KEYS)))
    return found


def _action_faults(rule: "dict[str, Any]") -> "list[Fault]":
    found = [] if is_text(rule.get("hook", ""), 0, MAX_KEY) else [_fault(rule, "hook", "text of at most %d characters" % MAX_KEY)]
    faster = rule.get("faster")
    if faster is not None and not isinstance(faster, dict):
        found.append(_fault(rule, "faster", "an object"))
    elif faster is not None:
        found.extend(below(("faster",), number_faults(FASTER, faster)))
    outputs = rule.get("outputs", [])
    if not isinstance(outputs, list) or len(outputs) > MAX_OUTPUTS:
        return found + [_fault(rule, "outputs", "a list of at most %d" % MAX_OUTPUTS)]
    for index, output in enumerate(outputs):
        found.extend(below(("outputs", index), _output_faults(output)))
    return found


def _output_faults(output: object) -> "list[Fault]":
    if not isinstance(output, dict):
        return [Fault((), "an object", output)]
    found = number_faults(OUTPUT, output)
    if not is_text(output.get("output"), 1, MAX_KEY):
        found.append(_fault(output, "output", "text of 1 to %d characters" % MAX_KEY))
    if output.get("pattern", PATTERNS[0]) not in PATTERNS:
        found.append(_fault(output, "pattern", "one of " + ", ".join(PATTERNS)))
    return found


def _order_faults(kind: str, rule: "dict[str, Any]") -> "list[Fault]":
    # Of rules that have no other fault: what two keys must be to each other.
    whole = with_defaults(rule)
    if kind == "level" and whole["statistic"] == "share":
        found = [_fault(rule, "above", "required: the level whose share of time is judged")] if "above" not in rule else []
        found.extend(_fault(rule, key, "0 to 100 %") for key in ("raise", "clear") if key in rule and not is_within(rule[key], 0, 100))
        if found:
            return found
    if "raise" not in whole:
        return []
    over = scaled(whole["clear"], 10**12) - scaled(whole["raise"], 10**12)
    if kind == "completeness" and over < 0:
        return [_fault(rule, "clear", "not below raise")]
    if kind != "completeness" and over > 0:
        return [_fault(rule, "clear", "not above raise")]
    return []
