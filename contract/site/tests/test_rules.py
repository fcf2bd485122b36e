# Rules and schedules with and without faults, and what stands where nothing is said.

from contract.faults import Fault, path_text
from contract.site.rules import CHOICES, DECIMALS, KINDS, NUMBERS, faults, unknown_keys, with_defaults

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any


def _rule(kind: str = "level", limit: "Any" = None, **keys: "Any") -> "dict[str, Any]":
    rule: "dict[str, Any]" = {"id": "r", "version": 1, "kind": kind, "quantity": "pm2_5_atm"}
    if kind in ("level", "rate", "ratio", "episode"):
        rule["raise"] = 150
    if kind == "ratio":
        rule["under"] = "pm10_atm"
    if limit is not None:
        rule["raise"] = limit
    rule.update(keys)
    return rule


# what is wrong with one rule -> (its keys, where)
_BAD = {
    "no kind": (_rule("levels"), "kind"),
    "no id": (_rule(id=""), "id"),
    "no version": (_rule(version=0), "version"),
    "a window too short": (_rule(window_s=9), "window_s"),
    "a window too long": (_rule(window_s=86401), "window_s"),
    "a limit that is a float": (_rule(limit=1.5), "raise"),
    "a limit that is no number": (_rule(limit="1e3"), "raise"),
    "a limit too large": (_rule(limit="1000000.1"), "raise"),
    "a clear above the raise": (_rule(clear="150.01"), "clear"),
    "a clear below the raise, of completeness": (_rule("completeness", clear=74), "clear"),
    "a share without its level": (_rule(statistic="share", limit=50), "above"),
    "more than all the time": (_rule(statistic="share", above=100, limit=101), "raise"),
    "an invalid statistic": (_rule(statistic="median"), "statistic"),
    "an invalid quantity": (_rule(quantity="pm2"), "quantity"),
    "a list for a quantity": (_rule(quantity=[]), "quantity"),
    "a level of nothing": ({"id": "r", "version": 1, "kind": "level", "raise": 1}, "quantity"),
    "a ratio to nothing": (_rule("ratio", under="pm2"), "under"),
    "an episode of nothing extraordinary": (_rule("episode", limit="0.9"), "raise"),
    "an invalid node": (_rule(nodes=["N 1"]), "nodes[0]"),
    "an invalid severity": (_rule(severity="red"), "severity"),
    "an output without a name": (_rule(outputs=[{"pattern": "on"}]), "outputs[0].output"),
    "an invalid pattern": (_rule(outputs=[{"output": "siren", "pattern": "sos"}]), "outputs[0].pattern"),
    "too many outputs": (_rule(outputs=[{"output": "siren"}] * 5), "outputs"),
    "faster without an end": (_rule(faster={"period_s": 1}), "faster.for_s"),
    "an invalid quality": (_rule("health", qualities=["bad"]), "qualities"),
    "no quality": (_rule("health", qualities=[]), "qualities"),
    "a ninth day": (_rule(when=[{"days": [8]}]), "when[0].days"),
    "an invalid time": (_rule(when=[{"from": "24:01", "to": "06:00"}]), "when[0].from"),
    "half a time of day": (_rule(when=[{"from": "22:00"}]), "when[0].to"),
    "an invalid schedule": (_rule(when={}), "when"),
}


def test_every_kind_has_a_rule_without_a_fault() -> None:
    assert faults([_rule(kind, id=kind) for kind in KINDS]) == []


def test_a_rule_of_everything_has_no_fault() -> None:
    when = [{"days": [6, 7], "months": [12], "from": "22:00", "to": "06:00"}, {}]
    outputs = [{"output": "siren", "pattern": "blink", "for_s": 60}]
    rule = _rule(when=when, outputs=outputs, faster={"period_s": 2, "for_s": 60}, hook="call", nodes=["n-1"], scope="site", clear="149.99")
    assert faults([rule]) == []


def test_a_rule_of_no_kind_has_its_other_faults_listed_too() -> None:
    assert [path_text(fault.path) for fault in faults([_rule("levels", version=0, outputs=[{"pattern": "on"}])])] == [
        "[0].version",
        "[0].outputs[0].output",
        "[0].kind",
    ]


def test_a_key_that_means_nothing_is_named() -> None:
    wrong = _rule(hold=1, faster={"period": 2}, outputs=[{"outputs": "siren"}, 1], when=[{"day": 1}])
    found = [path_text(fault.path) for fault in unknown_keys([wrong])]
    assert found == [
        "[0].hold",
        "[0].faster.period",
        "[0].outputs[0].outputs",
        "[0].when[0].day",
    ]
    assert unknown_keys([with_defaults(_rule(kind)) for kind in KINDS]) == []
    assert unknown_keys([1, {"kind": []}, _rule(faster=1, outputs=1, when=1)]) == []


def test_every_fault_is_found_with_its_path_and_what_is_allowed() -> None:
    for name, (rule, path) in _BAD.items():
        found = faults([_rule(id="good"), rule])
        assert [path_text(fault.path) for fault in found] == ["[1]." + path], name + repr(found)
        assert all(fault.allowed for fault in found), name


def test_an_id_stands_there_once() -> None:
    assert faults([_rule(), _rule()]) == [Fault((1, "id"), "an id of its own", "r")]
    assert faults({}) == [Fault((), "a list of at most 200", {})] and [fault.path for fault in faults([_rule()] * 201)] == [()]
    assert faults([1]) == [Fault((0,), "an object", 1)]


def test_what_is_not_named_has_its_default_and_no_fault() -> None:
    for kind in KINDS:
        whole = with_defaults(_rule(kind))
        assert set(row[0] for row in NUMBERS[kind] + DECIMALS[kind] + CHOICES[kind]) <= set(whole), kind
    whole = with_defaults(_rule())
    assert (whole["window_s"], whole["clear"], whole["least_share"], whole["severity"]) == (600, 150, 75, "alarm")
    assert with_defaults(_rule("completeness"))["clear"] == 75


def test_an_unknown_key_is_not_a_fault() -> None:
    assert faults([_rule(colour="red")]) == []
