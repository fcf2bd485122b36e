"""The picture of the map: which colour and which words an area has, and in which order they are listed."""

import pytest

from fleet.pages import language, words
from fleet.pages.grid import Grid, grid
from fleet.pages.map.picture import EMPTY, FRESH_S, HEALTH, MISSING, Reasons, by_health, by_value, legend, level_of, values_now
from fleet.pages.map.scale import EVEN, scale_of
from fleet.pages.overview import Standing
from fleet.pages.wording import Wording
from fleet.places.areas import Area
from fleet.places.grid import Level
from fleet.record.latest import LatestValue
from fleet.record.node_list import NodeView

EN = Wording("en", language.translations("en").gettext)
AREAS: tuple[tuple[str, Level, str | None], ...] = (
    ("d", "district", None), ("t1", "township", "d"), ("t2", "township", "d"), ("v1", "community", "t1"), ("v2", "community", "t2"),
    ("c1", "cell", "v1"), ("c2", "cell", "v1"), ("c3", "cell", "v2"), ("c4", "cell", "v2"),
)  # fmt: skip
PLACED = {"s1": "c1", "s2": "c1", "s3": "c2", "s4": "c3", "car": "t1", "lost": None}


def made() -> Grid:
    areas = [Area(code, level, parent, None, f"{code} 区", f"{code} area", True) for code, level, parent in AREAS]
    return grid(areas, PLACED, frozenset({"car"}))


def standing(site: str, state: str = words.LIVE, value: float | None = 40.0, age_s: float = 30.0, quality: str = "ok") -> Standing:
    node = NodeView(f"n-{site}", site, site, "g", 0, 0, 0, 0, 1, "confirmed", False)
    channel = LatestValue(0, "pm2_5_atm", "ug/m3", value, quality, age_s, 0, 60_000, 0, "node")
    return Standing(node, [channel], state, "")


def test_an_area_has_the_sites_of_all_areas_in_it() -> None:
    found = made()
    assert found.sites["d"] == ["s1", "s2", "s3", "s4", "car"] and found.sites["t1"] == ["s1", "s2", "s3", "car"]
    assert found.sites["c1"] == ["s1", "s2"] and "c4" not in found.sites
    assert [area.id for area in found.path("c3")] == ["d", "t2", "v2", "c3"] and found.path("odd") == []
    assert [area.id for area in found.of_level("cell", "t2")] == ["c3", "c4"]
    assert found.of_level("township", "c1") == []


def test_a_circle_of_areas_ends() -> None:
    circle = [Area("a", "cell", "b", None, "", ""), Area("b", "cell", "a", None, "", "")]
    assert len(grid(circle, {"s": "a"}).path("a")) <= 4


@pytest.mark.parametrize(
    ("wished", "within", "shown"),
    [("", "", "cell"), ("township", "", "township"), ("odd", "", "cell"), ("township", "v1", "cell"), ("cell", "c1", "cell"),
     ("community", "t1", "community"), ("district", "", "cell"), ("", "no-such", "cell")],
)  # fmt: skip
def test_the_level_is_as_wished_and_never_above_the_area_of_the_page(wished: str, within: str, shown: str) -> None:
    assert level_of(wished, made(), within) == shown


def test_without_ground_there_is_no_level() -> None:
    assert level_of("cell", grid([Area("d", "district", None, None, "", "", False)], {}), "") is None


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (standing("s1", value=0.0), {"s1": 0.0}),
        (standing("s1", value=None, quality="no_reply"), {}),
        (standing("s1", quality="warming_up"), {}),
        (standing("s1", quality="few_samples"), {"s1": 40.0}),
        (standing("s1", age_s=FRESH_S + 61), {}),
        (standing("s1", age_s=FRESH_S + 60), {"s1": 40.0}),
    ],
    ids=["zero", "no-reply", "warming-up", "few-samples", "old", "just-fresh"],
)
def test_now_shows_what_is_usable_and_fresh(one: Standing, found: dict[str, float]) -> None:
    assert values_now([one], "pm2_5_atm") == found
    assert values_now([one], "tvoc") == {}


def test_a_value_that_is_missing_is_never_a_number() -> None:
    found, scale = made(), scale_of("pm2_5_atm", [])
    cells = found.of_level("cell")
    shown = by_value(found, cells, "pm2_5_atm", {"s1": 20.0, "s2": 60.0, "s3": 0.0}, scale, Reasons({"s4": [words.SILENT]}), EN)
    assert [(one.area.id, one.mark, one.text, one.value) for one in shown] == [
        ("c1", "good", "40.0 µg/m³ · good", 40.0),
        ("c2", "excellent", "0.0 µg/m³ · excellent", 0.0),
        ("c3", MISSING, "no value: silent", None),
        ("c4", EMPTY, "no monitor", None),
    ]
    (whole,) = by_value(found, found.of_level("district"), "pm2_5_atm", {"s1": 20.0, "s3": 60.0, "s4": 100.0}, scale, Reasons(None), EN)
    assert whole.value == 60.0, "of its sites, not of its cells"


def test_an_hour_without_a_value_says_why() -> None:
    found = made()
    shown = by_value(found, found.of_level("cell"), "tvoc", {}, scale_of("tvoc", []), Reasons(None), EN)
    assert {one.text for one in shown} == {"no value: less than 45 minutes of the hour are usable", "no monitor"}


def test_health_is_the_worst_state_of_any_node() -> None:
    found = made()
    nodes = [standing("s1"), standing("s2", words.FAULTY), standing("s3", words.LATE), standing("s4")]
    shown = by_health(found, found.of_level("cell"), nodes, EN)
    assert [(one.area.id, one.mark, one.text) for one in shown] == [
        ("c2", "state-late", "late: 1 of 1 nodes"),
        ("c1", "state-faulty", "sensor fault: 1 of 2 nodes"),
        ("c3", "state-live", "live: 1 of 1 nodes"),
        ("c4", EMPTY, "no monitor"),
    ]
    assert {one.mark for one in shown} <= {mark for mark, _ in legend(None, EN)}


# (greatest of each class, in which class it is): the borders of HJ 633-2026, rounded half to even first.
INDEX = [
    (0, "excellent"), (35, "excellent"), (35.5, "good"), (36, "good"), (60.5, "good"), (60.6, "light"), (115, "light"), (116, "moderate"),
    (150, "moderate"), (151, "heavy"), (250, "heavy"), (251, "severe"), (1e6, "severe"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "mark"), INDEX)
def test_dust_has_the_classes_of_the_public_index(value: float, mark: str) -> None:
    assert scale_of("pm2_5_atm", [1.0]).class_of(value) == mark
    assert scale_of("pm10_atm", [1.0]).is_index is False


@pytest.mark.parametrize(
    ("values", "breaks"),
    [
        ([0.0, 60.0], (10, 20, 30, 40, 50)),
        ([-5.0, 7.0], (-4, -2, 0, 2, 4)),
        ([20.0], (25, 30, 35, 40, 45)),
        ([0.0], (1, 2, 3, 4, 5)),
        ([0.001, 0.0022], (0.0012, 0.0014, 0.0016, 0.0018, 0.002)),
    ],
)
def test_an_even_scale_is_of_round_numbers(values: list[float], breaks: tuple[float, ...]) -> None:
    scale = scale_of("temperature", values)
    assert scale.breaks == pytest.approx(breaks) and scale.classes == EVEN
    classes = [scale.classes.index(scale.class_of(value)) for value in sorted(values)]
    assert classes == sorted(classes) and classes[0] == 0


def test_the_legend_names_every_colour_and_the_two_without_a_value() -> None:
    marks = legend(scale_of("pm2_5_atm", []), EN)
    assert (
        marks[0] == ("excellent", "≤ 35 excellent")
        and marks[1] == ("good", "35–60 good")
        and marks[5] == ("severe", "> 250 severe pollution")
    )
    assert [mark for mark, _ in marks[6:]] == [MISSING, EMPTY]
    assert [text for _, text in legend(scale_of("tvoc", [0, 60]), EN)][:2] == ["≤ 10", "10–20"]
    assert legend(scale_of("tvoc", []), EN)[0] == (EVEN[0], "…")
    assert HEALTH not in {mark for mark, _ in marks}
