"""By how much the clock of a gateway differs from ours: measured at each delivery that states its time, kept, and shown."""

import pytest

from contract.site import device_api
from fleet.http.time_header import skew_ms
from fleet.tests.district import START_MS, District, report
from fleet.tests.things import at


async def _deliver(district: District, seq: int, stated: str | None) -> None:
    headers = {"Authorization": f"Bearer {district.gateway_token}"} | ({device_api.TIME_HEADER: stated} if stated else {})
    path = device_api.PREFIX + device_api.INGEST
    response = await district.client.post(path, json={"items": [report(seq)]}, headers=headers)
    assert response.status_code == 200, response.text


async def _shown(district: District) -> tuple[int | None, int | None]:
    one = await district.read("gateways/g-1")
    (line,) = (await district.read("gateways"))["items"]
    assert {key: one[key] for key in ("clock_skew_ms", "clock_heard_ms")} == {key: line[key] for key in ("clock_skew_ms", "clock_heard_ms")}
    return one["clock_skew_ms"], one["clock_heard_ms"]


async def test_the_skew_of_the_newest_delivery_that_stated_its_time_is_shown(district: District) -> None:
    await _deliver(district, 1, None)
    assert await _shown(district) == (None, None)
    await _deliver(district, 2, str(START_MS - 90_000))
    assert await _shown(district) == (-90_000, START_MS)
    at(district, 1)
    await _deliver(district, 3, "yesterday")
    assert await _shown(district) == (-90_000, START_MS)
    await _deliver(district, 4, str(district.time.now_ms + 5))
    assert await _shown(district) == (5, district.time.now_ms)


@pytest.mark.parametrize("stated", [None, "", "-5", "1.5", "１２", "9" * 16, "9" * 5000, "0x10", " 7"])
def test_what_is_no_time_has_no_skew(stated: str | None) -> None:
    assert skew_ms(stated, START_MS) is None


def test_a_clock_without_a_date_is_behind_by_decades() -> None:
    assert skew_ms("0", START_MS) == -START_MS
