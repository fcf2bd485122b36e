"""The token of a gateway: renewed while the old one holds, begun by its first use, ended by an administrator."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet.tests.district import District
from host.release.copy_folders import before_folder

NOTHING: dict[str, list[object]] = {"items": []}


async def _status(district: District, token: str) -> int:
    district.time.now_ms += 1000  # how long a token is remembered
    return (await district.device("POST", "ingest", NOTHING, token)).status_code


async def _renew(district: District, token: str) -> str:
    answer = await district.device("POST", "token", {}, token)
    assert answer.status_code == 200
    return str(answer.json()["token"])


async def test_the_old_token_holds_until_the_new_one_has_been_used_once(district: District) -> None:
    old = district.gateway_token
    new = await _renew(district, old)
    assert await _status(district, old) == 200
    assert await _status(district, new) == 200
    assert await _status(district, old) == 401
    assert await _status(district, new) == 200


async def test_a_new_token_whose_answer_was_lost_is_replaced_by_the_next_one(district: District) -> None:
    lost = await _renew(district, district.gateway_token)
    new = await _renew(district, district.gateway_token)
    assert await _status(district, lost) == 401
    assert await _status(district, new) == 200


async def test_tokens_renewed_one_after_another_each_end_the_one_before(district: District) -> None:
    tokens = [district.gateway_token]
    for _ in range(3):
        tokens.append(await _renew(district, tokens[-1]))
        assert await _status(district, tokens[-1]) == 200
    assert [await _status(district, token) for token in tokens] == [401, 401, 401, 200]


async def test_an_administrator_ends_the_token_in_use_and_the_next_one(district: District) -> None:
    new = await _renew(district, district.gateway_token)
    assert (await district.admin("DELETE", "gateways/g-1/token", reason="stolen")).status_code == 204
    assert [await _status(district, token) for token in (district.gateway_token, new)] == [401, 401]
    assert (await district.admin("DELETE", "gateways/g-1/token", reason="stolen")).status_code == 404
    code = (await district.admin("POST", "gateways/g-1/enrolment")).json()["enrolment_code"]
    assert await _status(district, (await district.enrol(code)).json()["token"]) == 200


async def test_enrolling_again_ends_a_next_token_that_was_not_used(district: District) -> None:
    new = await _renew(district, district.gateway_token)
    code = (await district.admin("POST", "gateways/g-1/enrolment")).json()["enrolment_code"]
    await district.enrol(code)
    assert [await _status(district, token) for token in (district.gateway_token, new)] == [401, 401]


@contextmanager
def _on_trial(file: Path) -> Iterator[None]:
    copy = before_folder(file, "0.2.0-0123abcd")
    copy.mkdir()
    yield
    copy.rmdir()


async def test_a_version_that_may_be_taken_back_gives_no_token_that_the_older_database_would_not_know(district: District) -> None:
    file = district.service.configuration.database_file
    if file is None:
        pytest.skip("no return puts an older database back where it is no file")
    code = (await district.admin("POST", "gateways/g-1/enrolment")).json()["enrolment_code"]
    with _on_trial(file):
        refused = [await district.device("POST", "token", {}, district.gateway_token), await district.enrol(code)]
        assert [(answer.status_code, answer.headers["Retry-After"]) for answer in refused] == [(503, "60")] * 2
        assert "on trial" in refused[0].json()["detail"]
        assert await _status(district, district.gateway_token) == 200
    new = await _renew(district, district.gateway_token)
    assert await _status(district, new) == 200
    assert (await district.enrol(code)).status_code == 200
