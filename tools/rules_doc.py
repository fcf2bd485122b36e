"""The tables of docs/rules.md, made from the tables by which rules and calibrations are checked. The prose around them is by hand.

python -m tools.rules_doc            writes them
python -m tools.rules_doc --check    exits 1 when they are stale
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from contract.quantities import ID
from contract.site import calibrations, rule_meanings, rules
from contract.values import MAX_KEY, MAX_TEXT
from tools.markdown import wrapped

DOCUMENT = Path(__file__).parent.parent / "docs" / "rules.md"
_HEAD = ("key", "allowed", "default", "meaning")


def parts() -> dict[str, str]:
    """Name of a marked part -> what belongs there."""
    made = {
        "every rule": _table(_HEAD, _every_rule()),
        "schedule": _table(("key", "meaning"), _words(rule_meanings.SCHEDULE)),
        "outputs": _table(_HEAD, _outputs()),
        "kinds": "".join(_kind(kind) for kind in rules.KINDS),
        "calibration": _table(("key", "allowed", "meaning"), _calibration()),
        "models": _table(("model", "value", "coefficients"), _models()),
    }
    return {name: text.rstrip("\n") for name, text in made.items()}


def _every_rule() -> Iterator[tuple[str, ...]]:
    ranges = {row[0]: row for row in (*rules.EVERY_NUMBER, *rules.SLOT)}
    choices = {row[0]: row for row in rules.EVERY_CHOICE}
    allowed = {
        "id": f"text, 1 to {MAX_KEY} characters", "kind": ", ".join(rules.KINDS), "quantity": "key of a quantity",
        "nodes": f"list of at most {rules.MAX_NODES}", "when": "list, see [schedules](#schedules)",
        "outputs": f"list of at most {rules.MAX_OUTPUTS}", "faster": "object", "hook": f"text, at most {MAX_KEY} characters",
    }  # fmt: skip
    for key, meaning in rule_meanings.RULE.items():
        if key in ranges:
            yield f"`{key}`", _range(ranges[key]), "required" if key == "version" else "", meaning
        elif key in choices:
            yield f"`{key}`", ", ".join(choices[key][1]), str(choices[key][2]), meaning
        else:
            yield f"`{key}`", allowed[key], "required" if key in ("id", "kind", "quantity") else "", meaning


def _outputs() -> Iterator[tuple[str, ...]]:
    yield "`outputs[].output`", f"text, 1 to {MAX_KEY} characters", "required", rule_meanings.OUTPUT["output"]
    yield "`outputs[].pattern`", ", ".join(rules.PATTERNS), rules.PATTERNS[0], rule_meanings.OUTPUT["pattern"]
    for row in rules.OUTPUT:
        yield f"`outputs[].{row[0]}`", _range(row), str(row[2]), rule_meanings.OUTPUT[row[0]]
    for needed in rules.FASTER:
        yield f"`faster.{needed[0]}`", _range(needed), "required", rule_meanings.FASTER[needed[0]]


def _kind(kind: str) -> str:
    return f"### {kind}\n\nAn alarm when {rule_meanings.KINDS[kind]}.\n\n{_table(_HEAD, _keys(kind))}\n"


def _keys(kind: str) -> Iterator[tuple[str, ...]]:
    words = rule_meanings.KEYS
    for key, unit, default, least, greatest in rules.DECIMALS[kind]:
        of_unit = "in the unit of the quantity" if unit == "quantity" else "" if unit == "1" else unit
        shown = "required" if default is None else f"as `{default}`" if isinstance(default, str) else str(default)
        yield f"`{key}`", f"decimal, {least} to {greatest} {of_unit}".rstrip(), shown, words[key]
    for key, choices, default in rules.CHOICES[kind]:
        allowed = "key of a quantity" if choices == tuple(ID) else ", ".join(choices)
        yield f"`{key}`", allowed, "required" if default is None else default, words[key]
    if kind == "health":
        yield "`qualities`", "list of quality codes", ", ".join(rules.UNHEALTHY), words["qualities"]
    for row in rules.NUMBERS[kind]:
        yield f"`{row[0]}`", _range(row), str(row[2]), words[row[0]]


def _calibration() -> Iterator[tuple[str, ...]]:
    ranges = {row[0]: row for row in calibrations.NUMBERS}
    allowed = {
        "id": f"text, 1 to {MAX_KEY} characters", "node": "id of a node", "quantity": "key of a quantity",
        "model": ", ".join(calibrations.MODELS), "inputs": f"list of at most {calibrations.MAX_INPUTS}", "least": "decimal",
        "greatest": "decimal", "source": f"text, at most {MAX_TEXT} characters",
    }  # fmt: skip
    for key, meaning in rule_meanings.CALIBRATION.items():
        yield f"`{key}`", _range(ranges[key]) if key in ranges else allowed[key], meaning


def _models() -> Iterator[tuple[str, ...]]:
    for model, rows in calibrations.MODELS.items():
        shown = [
            f"`{key}` ({rule_meanings.COEFFICIENTS[key]}): {least} to {greatest}, {'required' if default is None else default}"
            for key, default, least, greatest in rows
        ]
        yield f"`{model}`", rule_meanings.MODELS[model], "; ".join(shown)


def _range(row: tuple[str, str, int | None, int, int]) -> str:
    return f"integer, {row[3]} to {row[4]} {row[1]}".rstrip()


def _words(words: dict[str, str]) -> Iterator[tuple[str, ...]]:
    return ((f"`{key}`", meaning) for key, meaning in words.items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def render(text: str) -> str:
    """The document with its marked parts rendered again. Raises KeyError on an unknown mark."""
    made = parts()
    mark = r"(<!-- made: (.*?) -->\n).*?(<!-- end -->)"
    return re.sub(mark, lambda found: f"{found[1]}{made[found[2]]}\n{found[3]}", text, flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    text = DOCUMENT.read_text(encoding="utf-8")
    missing = [name for name in parts() if f"<!-- made: {name} -->" not in text]
    wanted = wrapped(render(text))
    if missing:
        print(f"docs/rules.md has no place for: {', '.join(missing)}", file=sys.stderr)
        return 1
    if "--check" not in arguments:
        DOCUMENT.write_text(wanted, encoding="utf-8")
    elif text != wanted:
        print("docs/rules.md is stale; run: python -m tools.rules_doc", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
