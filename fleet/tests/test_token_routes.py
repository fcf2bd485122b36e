"""Tokens by the API: shown once, with a role in an area and an end; nobody gives more than they have, or ends what is not theirs."""

from typing import Any

import pytest

from fleet.tests.district import START_MS, District
from fleet.tests.two_areas import ask, split, text_of, token_of

DAY_MS = 86_400_000
TOKENS = "/api/v1/tokens"


async def made(district: District, token: str, **wanted: Any) -> Any:
    return await ask(district, token, "POST", TOKENS, wanted)


async def test_a_token_is_shown_once_and_does_what_its_role_allows_until_its_end(district: District) -> None:
    await split(district)
    answer = await made(district, district.admin_token, name="board", role="viewer", area="3", valid_days=1)
    token = answer.json()["token"]
    assert answer.status_code == 201 and answer.json()["expires_ms"] == START_MS + DAY_MS
    listed = await district.read("tokens")
    assert token not in str(listed) and {"name": "board", "role": "viewer", "area": "3"}.items() <= listed["items"][1].items()
    assert (await ask(district, token, "GET", "/api/v1/me")).json()["grants"] == [{"role": "viewer", "area": "3"}]
    assert [one["id"] for one in (await ask(district, token, "GET", "/api/v1/sites")).json()["items"]] == ["s-1"]
    assert (await ask(district, token, "POST", TOKENS, {"name": "x", "role": "viewer", "area": "4"})).status_code == 403
    district.time.now_ms += DAY_MS
    assert (await ask(district, token, "GET", "/api/v1/sites")).status_code == 401
    assert "board" not in str(await district.read("tokens")) and "board" in str(await district.read("tokens", ended=True))


GIVEN: dict[str, tuple[dict[str, Any], int]] = {
    "in_ones_own_area": ({"area": "2", "role": "administrator"}, 201),
    "below_it": ({"area": "4", "role": "operator"}, 201),
    "above_it": ({"area": "1", "role": "viewer"}, 422),
    "beside_it": ({"area": "5", "role": "viewer"}, 422),
    "where_nothing_is": ({"area": "66", "role": "viewer"}, 422),
    "everywhere": ({"role": "viewer"}, 403),
    "of_no_role": ({"area": "2", "role": "king"}, 422),
    "for_too_long": ({"area": "2", "role": "viewer", "valid_days": 3651}, 422),
    "for_nobody": ({"area": "2", "role": "viewer", "name": "console"}, 422),
    "of_a_taken_name": ({"area": "2", "role": "viewer", "name": "ada"}, 409),
}


@pytest.mark.parametrize("case", GIVEN)
async def test_an_administrator_of_an_area_gives_what_is_theirs(district: District, case: str) -> None:
    await split(district)
    wanted, status = GIVEN[case]
    answer = await made(district, await token_of(district, "administrator"), **{"name": "bea", **wanted})
    assert answer.status_code == status, answer.text
    beside = await made(district, await token_of(district, "administrator", name="b"), name="cid", role="viewer", area="66")
    if case == "beside_it":
        assert text_of(answer).replace("5", "66") == text_of(beside)


async def test_a_token_is_ended_by_whose_area_it_is_of(district: District) -> None:
    await split(district)
    own, of_others = await token_of(district, "administrator"), await token_of(district, "viewer", "5")
    for name in ("viewer-5", "ada", "nobody"):
        answer = await ask(district, own, "DELETE", f"{TOKENS}/{name}", reason="r")
        assert (answer.status_code, f"no valid token {name}" in answer.text) == (404, True)
    assert (await ask(district, of_others, "GET", "/api/v1/me")).status_code == 200
    listed = (await ask(district, own, "GET", TOKENS)).json()["items"]
    assert [one["name"] for one in listed] == ["administrator-2"]
    assert (await ask(district, own, "DELETE", f"{TOKENS}/administrator-2", reason="stolen")).status_code == 204
    assert (await ask(district, own, "GET", "/api/v1/me")).status_code == 401


async def test_tokens_come_in_pages_by_name(district: District) -> None:
    for name in ("d", "b", "东门", "c"):
        assert (await made(district, district.admin_token, name=name, role="viewer")).status_code == 201
    found, cursor = list[str](), None
    while True:
        page = await district.read("tokens", limit=2, **({} if cursor is None else {"cursor": cursor}))
        found += [one["name"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == ["ada", "b", "c", "d", "东门"]
