"""What all viewers of the district share: read once a moment, and then with all that was committed, whenever it is dated."""

import asyncio
import re

from fleet.record import current_nodes
from fleet.record.current_nodes import CurrentNodes
from fleet.tests.district import District, report


def read(district: District) -> CurrentNodes:
    return district.service.read(district.service.current_nodes.read)


def newest(current: CurrentNodes) -> float | None:
    (value,) = current.latest[0].channels
    return value.value


async def test_all_who_look_within_a_moment_get_one_reading(district: District) -> None:
    await district.ingest(report(1))
    readings = await asyncio.gather(*(asyncio.to_thread(read, district) for _ in range(8)))
    assert len({id(reading) for reading in readings}) == 1


async def test_what_is_delivered_is_there_after_that_moment(district: District) -> None:
    await district.ingest(report(2))
    assert newest(read(district)) == 12.34
    await district.ingest(report(3, [[0, 2, 0, 10, 5000, 4000, 6000]]))
    district.time.now_ms += current_nodes.KEPT_MS
    assert newest(read(district)) == 50.0


async def test_what_comes_late_counts_where_it_is_the_newest_of_its_channel(district: District) -> None:
    await district.ingest(report(5))
    read(district)
    await district.ingest(report(3, [[1, 2, 0, 10, 5000, 4000, 6000]]))  # older than all that is there, of a sensor never heard of
    district.time.now_ms += current_nodes.KEPT_MS
    assert {value.slot: value.value for value in read(district).latest[0].channels} == {0: 12.34, 1: 50.0}


async def test_a_node_that_is_registered_or_retired_is_in_the_next_reading(district: District) -> None:
    assert [node.id for node in read(district).nodes] == ["n-1"]
    await district.add_node("n-2")
    district.time.now_ms += current_nodes.KEPT_MS
    assert [node.id for node in read(district).nodes] == ["n-1", "n-2"]


async def test_every_variant_of_the_page_is_of_the_same_reading(district: District) -> None:
    await district.ingest(report(1))
    moments = set()
    for query in ("", "?q=n-1", "?group=none", "?state=live", "?page=2"):
        answer = await district.client.get("/live/overview" + query)
        moments.add(re.findall(r'data-at-ms="(\d+)"', answer.text)[0])
        district.time.now_ms += 1
    assert len(moments) == 1
