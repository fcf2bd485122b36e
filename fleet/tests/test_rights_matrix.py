"""Every route x every role x inside and outside of their own area, made from the routes themselves. What is expected: rights_table.py."""

import re
from typing import Any

import pytest

from fleet.people.rights import LEAST, OF_WHOLE, ROLES, reaches
from fleet.tests.district import District
from fleet.tests.rights_table import BODIES, QUERIES, ROUTES
from fleet.tests.two_areas import FOREIGN, MISSING, NAMES_OF_OTHERS, OWN, ask, split, text_of, token_of, tokens

Route = tuple[str, str]
# They say nothing of several things.
NO_LISTS = ("/api/v1/schemas/node-settings", "/api/v1/areas-at", "/api/v1/completeness", "/api/v1/me", "/api/v1/tokens")
_MORE = {"section": "rules", "version": "0", "slot": "0", "job": "1", "token": "viewer-2"}


def things_of(path: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", path)) & OWN.keys()


async def asked(district: District, token: str, route: Route, names: dict[str, str], **more: str) -> Any:
    method, path = route
    body = BODIES.get(route, None if method in ("get", "delete") else {"reason": "r"})
    sent = b"PK" if path.endswith((".zip", "/artifacts")) and method == "post" else body
    return await ask(district, token, method.upper(), path.format(**names, **_MORE), sent, **QUERIES.get(route, {}), **more)


async def test_every_route_of_the_api_has_a_row(district: District) -> None:
    paths = (await district.client.get("/openapi.json")).json()["paths"]
    found = {(method, path) for path, methods in paths.items() for method in methods if path.startswith("/api/")}
    assert found == set(ROUTES)


async def test_what_a_role_may_do_in_its_own_area_and_outside(district: District) -> None:
    """Inside, a change is asked for with a name too many: it is judged as any other, and does nothing."""
    await split(district)
    of_roles, wrong = await tokens(district), list[Any]()
    for route, action in ROUTES.items():
        for role in ROLES:
            fits = reaches(role, LEAST[action]) and action not in OF_WHOLE
            more = {} if route[0] == "get" else {"nonsense": "1"}
            inside = (await asked(district, of_roles[role], route, OWN, **more)).status_code
            expected = 403 if not fits else 200 if route[0] == "get" else 422
            if inside != expected:
                wrong.append((route, role, "inside", inside))
            if things_of(route[1]):
                outside = await asked(district, of_roles[role], route, FOREIGN)
                missing = await asked(district, of_roles[role], route, MISSING)
                if outside.status_code != (404 if fits else 403) or said(outside, FOREIGN) != said(missing, MISSING):
                    wrong.append((route, role, "outside", outside.status_code, outside.text, missing.text))
    assert not wrong


def said(answer: Any, names: dict[str, str]) -> str:
    """With what was asked for, and the nearest names, left out: those are the only difference that there may be."""
    text = re.sub(r";? (did you mean|there are)[^\"]*", "", text_of(answer))
    for kind in names.keys() - {"area", "photo", "alarm"}:
        text = text.replace(names[kind], kind)
    return re.sub(r"(alarm |area |photo |\")\d+", r"\1number", text)


async def test_what_is_wrong_besides_is_said_of_a_thing_of_others_as_of_one_that_there_is_not(district: District) -> None:
    await split(district)
    administrator = await token_of(district, "administrator")
    for route in ROUTES:
        if things_of(route[1]) and route[0] != "get":
            outside = await asked(district, administrator, route, FOREIGN, nonsense="1")
            missing = await asked(district, administrator, route, MISSING, nonsense="1")
            assert outside.status_code == missing.status_code == 422 and said(outside, FOREIGN) == said(missing, MISSING), route
            assert not re.search("g-7;|n-7;|s-7;|x-7;", outside.text)


async def test_lists_have_what_lies_in_the_area_and_nothing_else(district: District) -> None:
    await split(district)
    own, whole = await token_of(district, "administrator"), await token_of(district, "administrator", "", "whole")
    for route in ROUTES:
        method, path = route
        if method == "get" and ROUTES[route] not in OF_WHOLE and not things_of(path) and path not in NO_LISTS:
            limited, everything = await asked(district, own, route, OWN), await asked(district, whole, route, OWN)
            assert limited.is_success and everything.is_success, limited.text
            if path.endswith(".zip"):
                assert len(limited.content) < len(everything.content)
                continue
            assert not [name for name in NAMES_OF_OTHERS if name in limited.text], (path, limited.text)
            assert [name for name in NAMES_OF_OTHERS if name in everything.text], path
            assert "-1" in limited.text or '"4"' in limited.text, (path, limited.text)


@pytest.mark.parametrize(("role", "least"), [("viewer", "viewer"), ("operator", "technician"), ("administrator", "administrator")])
def test_a_role_may_do_what_those_below_it_may(role: Any, least: Any) -> None:
    assert (reaches(role, least) and not reaches(ROLES[max(0, ROLES.index(least) - 1)], least)) or least == "viewer"
