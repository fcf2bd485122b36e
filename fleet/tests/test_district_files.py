"""A whole district as files: taken in at once or not at all, every fault where it is, and given out in the same form."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from fleet.api.district.archive import MOST_BYTES, pack
from fleet.api.district.reading import FILES
from fleet.api.district.reading import TABLES as TABLES_OF_KINDS
from fleet.tests.district import District
from fleet.tests.made_up_district import COUNTS, made_up_files

WHY = {"reason": "the plan of the grid"}
GRID = """id,level,parent,kind,name_zh,name_en
13,district,,,某区,A district
13-1,township,13,,东镇,East
13-1-1,community,13-1,village,河村,River village
13-1-1-1,cell,13-1-1,,一格,Cell 1
"""
SITES = "id,name,latitude,longitude,area\ns-2,Gate,36.6,114.5,13-1-1-1\n"


async def send(district: District, content: bytes, **query: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {district.admin_token}", "Content-Type": "application/zip"}
    return await district.client.post("/api/v1/district.zip", content=content, headers=headers, params={**WHY, **query})


async def take(district: District, files: dict[str, str], **query: Any) -> httpx.Response:
    return await send(district, pack(files), **query)


async def everything(district: District) -> Any:
    return [await district.read(path, limit=1000) for path in ("areas", "sites", "changes")]


def became(**of_kinds: dict[str, int]) -> dict[str, dict[str, int]]:
    return {f"{kind}s": of_kinds.get(f"{kind}s", counts()) for kind in TABLES_OF_KINDS}


async def taken(district: District, files: dict[str, str], **query: Any) -> dict[str, Any]:
    """What became of the rows, by kind."""
    answer = await take(district, files, **query)
    assert answer.status_code == 200, answer.text
    return {kind: of_kind for kind, of_kind in answer.json().items() if isinstance(of_kind, dict)}


def counts(added: int = 0, changed: int = 0, unchanged: int = 0) -> dict[str, int]:
    return {"added": added, "changed": changed, "unchanged": unchanged}


async def paths_of_faults(district: District, files: dict[str, str]) -> list[str]:
    """Of what must be refused, and change nothing."""
    before = await everything(district)
    refused = await take(district, files)
    assert refused.status_code == 422, refused.text
    assert await everything(district) == before
    return [fault["path"] for fault in refused.json()["faults"]]


async def test_a_district_is_taken_looked_at_first_and_taken_again(district: District) -> None:
    files = made_up_files(sites=20)
    before = await everything(district)
    looked = await take(district, files, dry_run=True)
    expected = became(areas=counts(added=sum(COUNTS)), sites=counts(added=20))
    nothing_new: dict[str, Any] = {"secrets": [], "codes_expire_ms": None, "codes_expire": None}
    assert looked.json() == {"is_dry_run": True, **expected, **nothing_new}
    assert await everything(district) == before
    assert (await take(district, files)).json() == {"is_dry_run": False, **expected, **nothing_new}
    after = await everything(district)
    assert await taken(district, files) == became(areas=counts(unchanged=sum(COUNTS)), sites=counts(unchanged=20))
    assert await everything(district) == after


async def test_what_is_given_out_is_taken_as_it_is(district: District) -> None:
    await take(district, made_up_files(sites=3))
    await district.admin("PATCH", "sites/s-1", {"name": "=1+1", "surroundings": 'two lines,\n"quoted"', **WHY})
    before = await everything(district)
    given = await district.admin("GET", "district.zip")
    assert given.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        assert sorted(archive.namelist()) == sorted(FILES)
        assert ",'=1+1," in archive.read("sites.csv").decode("utf-8-sig")
    assert (await send(district, given.content)).json()["sites"] == counts(unchanged=4)
    assert await everything(district) == before


async def test_what_differs_is_corrected_and_empty_cells_say_nothing(district: District) -> None:
    await take(district, {"areas.csv": GRID, "sites.csv": SITES})
    changed = await taken(
        district,
        {"areas.csv": "id,name_en,kind\n13-1-1,,company\n13-1,East township,\n", "sites.csv": "id,name\ns-2,\ns-1,\n"},
    )
    assert changed == became(areas=counts(changed=2), sites=counts(unchanged=2))
    assert (await district.read("areas/13-1-1"))["name_en"] == "River village"
    (change, _) = (await district.read("changes", what="area_changed"))["items"]
    assert change["reason"] == WHY["reason"]


async def test_words_of_the_table_and_ground_of_the_feature_make_one_area(district: District) -> None:
    ring = [[114, 36], [115, 36], [115, 37], [114, 37], [114, 36]]
    feature = {
        "type": "Feature",
        "id": "13",
        "properties": {"name_en": "of the feature"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    taken = await take(district, {"areas.csv": GRID, "areas.geojson": json.dumps({"type": "FeatureCollection", "features": [feature]})})
    assert taken.status_code == 200, taken.text
    area = await district.read("areas/13")
    assert (area["name_en"], area["has_geometry"]) == ("A district", True)


async def test_sites_without_an_area_are_put_into_the_cell_of_the_same_import(district: District) -> None:
    files = made_up_files(sites=2)
    files["sites.csv"] = "\n".join(
        ",".join(cell for index, cell in enumerate(line.split(",")) if index != 4) for line in files["sites.csv"].splitlines()
    )
    assert (await take(district, files)).status_code == 200
    site = (await district.read("sites", limit=1000))["items"][-1]
    assert site["id"] == "s-" + site["area"]


TABLES: dict[str, tuple[dict[str, str], list[str]]] = {
    "a file of another name": ({"area.csv": GRID}, ["area.csv"]),
    "nothing in it": ({"areas.csv": ""}, ["areas.csv:1"]),
    "semicolons": ({"areas.csv": GRID.replace(",", ";")}, ["areas.csv:1"]),
    "columns that there are not": ({"areas.csv": GRID.replace("name_en", "name_eng")}, ["areas.csv:1:name_eng"]),
    "a column twice": ({"areas.csv": GRID.replace("kind", "parent")}, ["areas.csv:1:parent"]),
    "no id": ({"areas.csv": GRID.replace("id,", "level,", 1)}, ["areas.csv:1:level", "areas.csv:1:id"]),
    "nothing but wrong rows": ({"areas.csv": "id,level\n" + "a\n" * 20_001}, ["areas.csv:20002"]),
    "a cell too many": ({"areas.csv": GRID.replace("东镇", "东,镇")}, ["areas.csv:3"]),
    "quotes that stay open": ({"areas.csv": GRID + '"13-9,cell,,,,\n'}, ["areas.csv:6"]),
    "an id twice": ({"areas.csv": GRID + "13-1,township,13,,西镇,West\n"}, ["areas.csv:6:id"]),
    "an id that cannot be one": (
        {"areas.csv": GRID + "13 9,township,13,,西镇,West\n,township,13,,西镇,West\n"},
        ["areas.csv:6:id", "areas.csv:7:id"],
    ),
    "lines within a cell": (
        {"areas.csv": GRID.replace("A district", '"A\ndistrict"') + "x,cell,no,,a,b\n"},
        ["areas.csv:2:name_en", "areas.csv:7:parent"],
    ),
    "a level that there is not": ({"areas.csv": GRID.replace("township", "town")}, ["areas.csv:3:level"]),
    "a parent that there is not": ({"areas.csv": GRID + "13-1-1-2,cell,13-1-2,,二格,Cell 2\n"}, ["areas.csv:6:parent"]),
    "what is new without its words": ({"areas.csv": GRID + "13-2,township,13,,,\n"}, ["areas.csv:6:name_zh", "areas.csv:6:name_en"]),
    "texts in place of numbers": (
        {"sites.csv": "id,name,latitude,longitude\ns-2,Gate,36°,114.5\ns-3,Gate,nan,1e999\ns-4,Gate,91,114.5\n"},
        ["sites.csv:2:latitude", "sites.csv:3:latitude", "sites.csv:3:longitude", "sites.csv:4:latitude"],
    ),
    "a site in a township": ({"areas.csv": GRID, "sites.csv": SITES.replace("13-1-1-1", "13-1")}, ["sites.csv:2:area"]),
}


@pytest.mark.parametrize("case", TABLES.values(), ids=TABLES.keys())
async def test_faults_of_a_table_are_where_they_are(district: District, case: tuple[dict[str, str], list[str]]) -> None:
    files, expected = case
    assert await paths_of_faults(district, files) == expected


_FEATURES = """{
 "type": "FeatureCollection", "crs": null,
 "features": [
  {"type": "Feature", "properties": {"id": "13", "level": "district", "name_zh": "某区", "name_en": "A"},
   "geometry": {"type": "Polygon", "coordinates": [[[114, 36], [115, 36], [115, 37], [114, 36]]]}}
 ]
}"""
# What stands there, what stands there then, and what the fault is at.
FEATURES: dict[str, tuple[str, str, str]] = {
    "no JSON": ('"properties"', "properties", "properties: {"),
    "another system": (
        '"crs": null',
        '"crs": {"type": "name", "properties": {"name": "EPSG:3857"}}',
        '{"type": "name", "properties": {"name": "EPSG:3857"}}',
    ),
    "a level": ('"district"', '"city"', '"city"'),
    "no id": ('"id": "13", ', "", '{"type": "Feature"'),
    "latitude first": ("[115, 36]", "[36, 115]", "[36, 115]"),
    "an open ring": ("[115, 37], [114, 36]", "[115, 37], [114, 37]", "[114, 37]]"),
    "what crosses itself": ("[115, 37], [114, 36]", "[114, 37], [115, 37], [114, 36]", "[[[114, 36]"),
    "no geometry of areas": ('"Polygon"', '"Point"', '"Point"'),
    "no object": (
        '"properties": {"id": "13", "level": "district", "name_zh": "某区", "name_en": "A"}',
        '"properties": []',
        '{"type": "Feature"',
    ),
}


@pytest.mark.parametrize("case", FEATURES.values(), ids=FEATURES.keys())
async def test_faults_of_geojson_are_at_their_line_and_character(district: District, case: tuple[str, str, str]) -> None:
    old, new, marked = case
    text = _FEATURES.replace(old, new)
    before = text[: text.index(marked)]
    expected = f"areas.geojson:{len(before.splitlines())}:{len(before.splitlines()[-1]) + 1}"
    assert await paths_of_faults(district, {"areas.geojson": text}) == [expected]


async def test_a_fault_of_an_area_in_both_files_is_where_its_value_stands(district: District) -> None:
    features = _FEATURES.replace('"name_en": "A"', '"name_en": "A", "kind": "town"')
    table = "id,name_zh\n13,\x07\n"
    found = await paths_of_faults(district, {"areas.csv": table, "areas.geojson": features})
    assert [path.rpartition(":")[0] for path in found] == ["areas.csv:2", "areas.geojson:4"]


async def test_geojson_that_is_no_collection_is_refused(district: District) -> None:
    assert await paths_of_faults(district, {"areas.geojson": '{"type": "Feature"}'}) == ["areas.geojson:1"]
    assert await paths_of_faults(district, {"areas.geojson": "[" * 100_000}) == ["areas.geojson"]


async def test_a_table_that_excel_wrote_in_china_is_read(district: District) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("示范/areas.csv", GRID.replace("\n", "\r\n").encode("gb18030"))
        archive.writestr("__MACOSX/areas.csv", b"\x00")
    assert (await send(district, stream.getvalue())).status_code == 200
    assert (await district.read("areas/13"))["name_zh"] == "某区"


def packed_by(method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("areas.csv", GRID)
    return stream.getvalue()


BODIES: dict[str, tuple[bytes, int]] = {
    "packed in a way that is unpacked whole": (packed_by(zipfile.ZIP_BZIP2), 400),
    "packed in another such way": (packed_by(zipfile.ZIP_LZMA), 400),
    "no ZIP": (b"id,name\n", 400),
    "nothing": (b"", 400),
    "cut short": (pack({"areas.csv": GRID})[:-30], 400),
    "too many files": (pack({f"{index}.csv": "" for index in range(21)}), 413),
    "more than it says": (pack({"areas.csv": " " * (17 << 20)}), 413),
    "a file in two folders": (pack({"a/areas.csv": GRID, "b/areas.csv": GRID}), 400),
    "too long": (b"\x00" * (MOST_BYTES + 1), 413),
}


@pytest.mark.parametrize("case", BODIES.values(), ids=BODIES.keys())
async def test_what_is_no_such_archive_is_refused(district: District, case: tuple[bytes, int]) -> None:
    body, status = case
    before = await everything(district)
    assert (await send(district, body)).status_code == status
    assert await everything(district) == before


async def test_of_a_file_in_which_nothing_is_right_the_first_faults_are_named(district: District) -> None:
    ring = [[999, 0]] * 5000
    feature = json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    many = ",\n".join([feature.replace("{}", '{"id": "13"}', 1), *['{"type": "Feature"}'] * 20_000])
    found = await paths_of_faults(district, {"areas.geojson": f'{{"features": [\n{many}]}}'})
    assert len(found) == 1000 and found[0].startswith("areas.geojson:2:") and found[-1] == "areas.geojson:982:1"


async def test_what_was_retired_does_not_come_back(district: District) -> None:
    await take(district, {"areas.csv": GRID, "sites.csv": SITES})
    for path in ("sites/s-2", "areas/13-1-1-1"):
        assert (await district.admin("POST", f"{path}/retirement", WHY)).status_code == 200
    changed = {"areas.csv": GRID.replace("Cell 1", "Cell One"), "sites.csv": SITES.replace("Gate", "Gate 2").replace("13-1-1-1", "")}
    assert await paths_of_faults(district, changed) == ["areas.csv:5:id", "sites.csv:2:id"]


async def test_forty_faults_in_a_whole_district_are_named_each_once(district: District) -> None:
    files = made_up_files(sites=100)
    lines = files["areas.geojson"].splitlines()
    expected = []
    for number in range(300, 900, 30):
        lines[number] = lines[number].replace('"cell"', '"cells"').replace('"community"', '"communities"')
        expected.append(f"areas.geojson:{number + 1}:")
    rows = files["sites.csv"].splitlines()
    for number in range(2, 100, 5):
        rows[number] = rows[number].replace("114.", "1140.")
        expected.append(f"sites.csv:{number + 1}:longitude")
    files = {"areas.geojson": "\n".join(lines), "sites.csv": "\n".join(rows)}
    found = await paths_of_faults(district, files)
    assert len(found) == len(expected) == 40
    assert all(path.startswith(start) for path, start in zip(found, expected))
