"""What a node answers at its console, as a person reads it: tables with units, and what to do about what is wrong. An answer in,
something to print out. The form of the answers is the node's (firmware/node/console.py).
"""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contract import quantities
from contract.site.display_names import QUALITIES, QUANTITIES

# The node's own heading of its list of values.
VALUES = "slot, quantity, quality, n, mean, least, greatest"
_ENGLISH = 1
_MARKS = {True: Text("yes", style="green"), False: Text("NO", style="red"), None: Text("-")}

# step of the link (firmware/node/link_steps.py) -> what to do when it fails
REMEDIES = {
    "wifi": "check --ssid and the password, and how far the access point is; then airgrid-node provision … again",
    "address": "the Wi-Fi gives no address: look at its DHCP",
    "broker": "check --broker, and that the gateway is on and in the same network: airgrid-gateway doctor there",
    "login": "the gateway does not know this node yet: is it registered at the fleet, and does the gateway reach the fleet?",
    "gateway": "airgrid-gateway status there; with another key: airgrid-node provision … --replace-hardware",
    "wire": "check the wires, the address of the node and the port in the gateway's configuration",
}


def shown(command: str, answer: dict[str, Any]) -> RenderableType:
    if "error" in answer:
        return Group(Text(str(answer["error"]), style="red"), *_commands(answer))
    if "faults" in answer:
        return Group(Text("Not changed:", style="red"), *(f"  {path}: {allowed}" for path, allowed in answer["faults"]))
    tables = {"status": _status, "sensors": _sensors, "selftest": _selftest, "raw": _raw}
    return tables[command](answer) if command in tables else Group(*_commands(answer), *_rest(answer, ("commands",)))


def for_programs(answer: dict[str, Any]) -> dict[str, Any]:
    """The same with names in the place of columns, and numbers in their unit in the place of scaled integers."""
    if VALUES not in answer:
        return answer
    rest = {key: value for key, value in answer.items() if key != VALUES}
    return {**rest, "values": [_value(*row) for row in answer[VALUES]]}


def first_failure(link: list[list[Any]]) -> str:
    """The step of a link that fails; "" when none does."""
    return next((str(step) for step, passed, _ in link if passed is False), "")


def _status(answer: dict[str, Any]) -> RenderableType:
    who = Table("node", "gateway", "site", "board", "firmware", "boot", title="node", title_justify="left")
    who.add_row(*(str(answer.get(key, "unknown")) for key in ("node", "gateway", "site", "hw", "fw", "boot")))
    return Group(who, *_link(answer.get("link", [])), _rest_table(answer, ("node", "gateway", "site", "hw", "fw", "boot", "link")))


def _link(link: list[list[Any]]) -> list[RenderableType]:
    table = Table("link", "works", "", title_justify="left")
    for step, passed, text in link:
        table.add_row(str(step), _MARKS.get(passed, _MARKS[None]), str(text))
    failed = first_failure(link)
    return [table, f"Next: {REMEDIES[failed]}."] if failed in REMEDIES else [table]


def _sensors(answer: dict[str, Any]) -> RenderableType:
    parts = Table("slot", "part", "identity")
    for row in answer.get("parts", []):
        parts.add_row(*map(str, row))
    values = Table("slot", "quantity", "quality", "n", "mean", "least", "greatest", "unit")
    for one in for_programs(answer).get("values", []):
        quality = QUALITIES.get(one["quality"], ("", one["quality"]))[_ENGLISH]
        name = QUANTITIES.get(one["quantity"], ("", one["quantity"]))[_ENGLISH]
        numbers = ("" if one[key] is None else str(one[key]) for key in ("n", "mean", "least", "greatest"))
        values.add_row(str(one["slot"]), name, quality, *numbers, one["unit"])
    counters = Table("slot", "counter", "count")
    for row in answer.get("counters", []):
        counters.add_row(*map(str, row))
    return Group(parts, values, counters)


def _value(slot: int, quantity: int, quality: str, n: int = 0, *numbers: int) -> dict[str, Any]:
    known = quantity in quantities.BY_ID
    scale = quantities.scale(quantity) if known else 1
    mean, least, greatest = [number / scale for number in numbers[:3]] if len(numbers) >= 3 else (None, None, None)
    name, unit = (quantities.key(quantity), quantities.unit(quantity)) if known else (str(quantity), "")
    fields = {"slot": slot, "quantity": name, "unit": unit, "quality": quality, "n": n}
    return {**fields, "mean": mean, "least": least, "greatest": greatest}


def _selftest(answer: dict[str, Any]) -> RenderableType:
    table = Table("check", "works", "")
    for name, passed, text in answer.get("checks", []):
        table.add_row(str(name), _MARKS.get(passed, _MARKS[None]), str(text))
    broken = [str(text).partition(":")[0] for name, passed, text in answer.get("checks", []) if name == "link" and not passed]
    return Group(table, *(f"Next: {REMEDIES[step]}." for step in broken if step in REMEDIES))


def _raw(answer: dict[str, Any]) -> RenderableType:
    table = Table("way", "bytes")
    for way, data in answer.get("bytes", []):
        table.add_row(str(way), bytes.fromhex(str(data)).hex(" "))
    return Group(table, "There was more than is shown." if answer.get("cut") else "")


def _commands(answer: dict[str, Any]) -> list[RenderableType]:
    if "commands" not in answer:
        return []
    table = Table("command", "what it does")
    for usage, what in answer["commands"]:
        table.add_row(Text(str(usage)), Text(str(what)))
    return [table]


def _rest(answer: dict[str, Any], known: tuple[str, ...]) -> list[str]:
    return [f"{key}: {value}" for key, value in sorted(answer.items()) if key not in known]


def _rest_table(answer: dict[str, Any], known: tuple[str, ...]) -> RenderableType:
    table = Table("", "")
    for key, value in sorted(answer.items()):
        if key not in known:
            table.add_row(key, str(value))
    return table
