"""The time that the device API sends with every answer."""

import pytest

from fleet.tests.district import District


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "reported", {"version": 1, "ok": True, "faults": [], "counters": {}}, 204),
        ("POST", "ingest", {"items": []}, 200),
        ("GET", "desired?have=99", None, 304),
        ("POST", "reported", {}, 422),
    ],
)
async def test_an_answer_of_the_device_api_tells_the_time(district: District, method: str, path: str, body: object, status: int) -> None:
    await district.device("GET", "desired")
    district.time.now_ms += 12_345
    answer = await district.device(method, path, body)
    assert (answer.status_code in (status, 200), answer.headers["Airgrid-Utc-Ms"]) == (True, str(district.time.now_ms))
