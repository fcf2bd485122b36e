"""What Prometheus reads: every count that the service makes has a place and a meaning, and the numbers are those of what happened."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

import fleet
from fleet.background.runner import WORK_FAILED
from fleet.metrics import COUNTERS, GAUGES, ITEMS, PREFIX, REQUEST_SECONDS
from fleet.tests.district import START_MS, District, event, report
from fleet.tests.test_alarms import RAISE
from fleet.tests.two_areas import ask, split, token_of

METRICS = "/api/v1/metrics"
ROOT = Path(fleet.__file__).parent


async def scraped(district: District) -> dict[str, dict[tuple[str, ...], float]]:
    """By sample: the values of its labels -> value."""
    answer = await district.admin("GET", "metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name.removeprefix(PREFIX), {})[tuple(sample.labels.values())] = sample.value
    return found


async def test_every_counter_and_state_of_the_tables_is_a_metric_and_no_other(district: District) -> None:
    text = (await district.admin("GET", "metrics")).text
    families = {family.name for family in text_string_to_metric_families(text)}
    assert families == {PREFIX + name for name in (*COUNTERS, *GAUGES, REQUEST_SECONDS)}


async def test_items_are_counted_by_what_became_of_them(district: District) -> None:
    await district.ingest(report(1), report(2))
    await district.ingest(report(2), event(3, "dropped", {}, node="n-9"))
    found = await scraped(district)
    assert found["items_total"] == {("accepted",): 2, ("duplicate",): 1, ("refused",): 1}


async def test_states_are_those_of_the_district(district: District) -> None:
    await district.ingest(RAISE)
    district.time.now_ms = START_MS + 90_000
    district.service.counts[f"{WORK_FAILED}.hours"] += 2
    found = await scraped(district)
    assert found["gateway_heard_seconds"] == {("g-1",): 90}
    assert found["alarms_unresolved"] == {("alarm",): 1}
    assert found["ready"] == {("store",): 1, ("folder",): 1}
    assert found["uptime_seconds"][()] == 90 and found["store_bytes"][()] > 100_000 and found["documents_held"][()] == 0
    assert found["background_work_failures_total"] == {("hours",): 2}


async def test_requests_are_timed_by_route_and_not_by_path(district: District) -> None:
    for path in ("s-1", "s-2", "s-3"):
        await district.admin("GET", f"sites/{path}")
    for path in ("/nothing/1", "/nothing/2"):
        await district.client.request("BREW", path)
    counted = (await scraped(district))[f"{REQUEST_SECONDS}_count"]
    site = "/api/v1/sites/{site}"
    assert (counted["GET", site, "200"], counted["GET", site, "404"]) == (1, 2)
    assert counted["other", "none", "404"] == 2
    assert not [labels for labels in counted if "s-2" in labels[1] or "nothing" in labels[1]]


async def test_they_need_a_role_in_the_whole_district(district: District) -> None:
    await split(district)
    for area, role, status in (("", "viewer", 200), ("1", "administrator", 403)):
        answer = await ask(district, await token_of(district, role, area), "GET", METRICS)  # type: ignore[arg-type]
        assert answer.status_code == status, answer.text
    assert (await district.client.get(METRICS)).status_code == 401


def counted_names() -> Iterator[tuple[str, str]]:
    """(where, name) of every key by which anything is counted for requests."""
    for path in ROOT.rglob("*.py"):
        if "tests" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript) and _is_counts(node.target.value):
                    yield str(path.relative_to(ROOT)), _name(path, node.target.slice)


def _is_counts(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.lstrip("_") == "counts" and not (isinstance(node, ast.Attribute) and ast.unparse(node) == "outcome.counts")


def _name(path: Path, key: ast.expr) -> str:
    first: Any = key.values[0] if isinstance(key, ast.JoinedStr) else key
    first = first.value if isinstance(first, ast.FormattedValue) else first
    module = importlib.import_module(".".join(["fleet", *path.relative_to(ROOT).with_suffix("").parts]))
    return str(getattr(module, ast.unparse(first), ast.unparse(first)))


@pytest.mark.parametrize(("where", "name"), sorted(set(counted_names())), ids=str)
def test_what_is_counted_has_a_place_among_the_metrics(where: str, name: str) -> None:
    assert name in COUNTERS, where


def test_the_names_of_what_is_counted_are_found() -> None:
    assert len(set(counted_names())) >= len(COUNTERS) - len({ITEMS, "connections"})
