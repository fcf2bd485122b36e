"""What `airgrid-gateway status` prints for people: what is urgent first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from host.findings import size_text

_OF_EVERY_ALARM = ("rule", "severity", "since_ms", "data_missing")


def print_status(shown: dict[str, Any], advised: Callable[[str], str] = str) -> None:
    """`advised`: completes a command that an error advises."""
    console = Console()
    console.print(f"gateway {shown['gateway'] or '(not enrolled)'}, {'running' if shown['running'] else 'not running'}")
    _print_lines(console, _alarm_lines(shown.get("alarms", []), shown.get("outputs", {})))
    console.print(f"desired document: version {shown['desired_version'] or 'none'}")
    if "fault" in shown:
        console.print(shown["fault"])
        return
    _print_lines(console, (f"  does not fit this site: {misfit}" for misfit in shown["desired_misfits"]))
    if shown["fleet"]:
        reason = f": {shown['fleet']['reason']}" if shown["fleet"]["reason"] else ""
        _print_lines(console, [f"fleet: {shown['fleet']['state']} since {_moment(shown['fleet']['since_ms'])}{advised(reason)}"])
    backlog = shown["backlog"]
    oldest = "" if backlog["oldest_age_s"] is None else f", the oldest for {backlog['oldest_age_s']:.0f} s"
    console.print(f"waiting for the fleet: {backlog['waiting']}{oldest}; {size_text(backlog['bytes'])} on disk")
    if shown["clock"]:
        console.print(f"clock: by {shown['clock']['source']}, right within {shown['clock']['error_ms']} ms")
    if shown["data"]:
        held = "" if shown["data"]["reports_go"] else "; the budget is used up: reports wait for the next month"
        console.print(f"exchanged with the fleet in {shown['data']['month']}: {shown['data']['used_mb']} MB{held}")
    console.print(_nodes_table(shown["nodes"]))
    if shown["sources"]:
        console.print(_sources_table(shown["sources"]))
    for name, value in shown["counters"].items():
        if value:
            console.print(f"  {name}: {value}")
    _print_lines(console, (advised(_error_line(error)) for error in shown["errors"]))


def _print_lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)  # a command in it is copied whole


def _error_line(error: Mapping[str, Any]) -> str:
    again = f" ({error['times']} times since {_moment(error['first_ms'])})" if error["times"] > 1 else ""
    return f"  {_moment(error['at_ms'])} {error['place']}{again}: {error['text']}"


def _alarm_lines(alarms: Sequence[Mapping[str, Any]], outputs: Mapping[str, str | None]) -> Iterator[str]:
    for alarm in alarms:
        about = ", ".join(f"{name} {value}" for name, value in alarm.items() if name not in _OF_EVERY_ALARM and value is not None)
        missing = "; its data is missing" if alarm["data_missing"] else ""
        yield f"ALARM {alarm['rule']} ({alarm['severity']}) since {_moment(alarm['since_ms'])}: {about}{missing}"
    if not alarms:
        yield "no alarm is open"
    for name, pattern in outputs.items():
        if pattern is not None:
            yield f"OUTPUT {name} is on: {pattern}"


def _nodes_table(nodes: dict[str, Any]) -> Table:
    table = Table("node", "last report", "last heard", "settings", "refused")
    for node, state in nodes.items():
        settings = state["settings"]
        shown = "unknown" if settings["shown"] is None else settings["shown"]
        version = f"{shown} of {settings['desired']}, {settings['state']}"
        refused = ", ".join(f"{reason} {count}" for reason, count in state["refused"].items())
        table.add_row(
            node, _age(state["report_age_s"]), _age(state["heard_age_s"]) + (" (gone)" if state["gone"] else ""), version, refused
        )
    return table


def _sources_table(sources: dict[str, Any]) -> Table:
    table = Table("source", "kind", "port", "state", "last heard", "counters")
    for name, state in sources.items():
        counters = ", ".join(f"{what} {count}" for what, count in state["counters"].items() if count)
        shown = f"{state['state']}: {state['reason']}" if state["reason"] else state["state"]
        table.add_row(name, state["kind"], state["port"], shown, _age(state["heard_age_s"]), counters)
    return table


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _age(age_s: float | None) -> str:
    return "never" if age_s is None else f"{age_s:.0f} s ago"
