"""Admin tokens: names that mean somebody, an end if one is wished, and when each was used last."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from fleet.errors import InvalidError
from fleet.people import admin_tokens
from fleet.people.audit import Act
from fleet.store.writer import MAX_WAITING
from fleet.tests.district import START_MS, District
from fleet.tests.test_cli import run

HOUR_MS = 3_600_000
NAMES = ["ada", "东门值班", "anna@district", "plan-b 2", "x" * 60]
REFUSED = ["", " ", "\t", " ada", "ada ", "console", "-x", "a\nb", "a\x00", "a;b", "x" * 61, "\u202eada"]


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_made_for_somebody(tmp_path: Path, name: str) -> None:
    state = str(tmp_path / "state")
    run("init", "--state", state)
    assert run("token", "create", "--state", state, "--", name)[0] == 0
    assert run("token", "create", "--state", state, "--", name)[0] != 0


@pytest.mark.parametrize("name", REFUSED, ids=repr)
async def test_a_name_that_means_nobody_is_refused(district: District, name: str) -> None:
    with pytest.raises(InvalidError) as refused:
        await district.service.write(lambda connection: admin_tokens.create_admin_token(connection, Act("console", START_MS), name))
    assert "letters" in refused.value.faults[0].allowed


def test_the_command_refuses_an_empty_name_with_what_is_allowed(tmp_path: Path) -> None:
    run("init", "--state", str(tmp_path / "state"))
    code, said = run("token", "create", "", "--state", str(tmp_path / "state"))
    assert code != 0 and "1 to 60 letters" in said


async def asked(district: District, token: str) -> int:
    district.time.now_ms += 2000  # longer than a token is remembered
    return (await district.client.get("/api/v1/sites", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_a_token_ends_when_it_was_to_end(district: District) -> None:
    expires_ms = START_MS + HOUR_MS
    token = await district.service.write(
        lambda connection: admin_tokens.create_admin_token(connection, Act("console", START_MS), "guest", expires_ms)
    )
    assert await asked(district, token) == 200
    district.time.now_ms = expires_ms - 2001
    assert await asked(district, token) == 200
    assert await asked(district, token) == 401
    assert await asked(district, district.admin_token) == 200


async def test_the_last_use_is_recorded_at_most_once_an_hour(district: District) -> None:
    async def used_ms() -> int | None:
        await district.service.write(lambda connection: None)  # behind everything that was submitted before
        return {one.name: one.used_ms for one in district.service.read(admin_tokens.list_admin_tokens)}["ada"]

    first = await used_ms()
    assert first == START_MS
    for _ in range(3):
        await asked(district, district.admin_token)
    assert await used_ms() == first
    district.time.now_ms = START_MS + HOUR_MS
    await asked(district, district.admin_token)
    assert await used_ms() == START_MS + HOUR_MS + 2000


async def test_recording_a_use_leaves_the_last_place_to_a_change(district: District) -> None:
    writer, busy, released = district.service.writer, threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        busy.set()
        released.wait(10)

    try:
        waiting = [writer.submit(hold)]
        assert await asyncio.to_thread(busy.wait, 10)
        waiting += [writer.submit(lambda connection: None) for _ in range(MAX_WAITING - 1)]
        district.time.now_ms += HOUR_MS
        read = await district.admin("GET", "sites")
        assert read.status_code == 200 and "Retry-After" not in read.headers
        change = writer.submit(lambda connection: "changed")
    finally:
        released.set()
    assert await asyncio.wrap_future(change) == "changed" and writer.overloaded == 0


def test_the_list_says_end_and_last_use(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    run("init", "--state", state)
    run("token", "create", "ada", "--valid-days", "30", "--state", state)
    run("token", "create", "eve", "--state", state)
    listed = run("token", "list", "--state", state)[1]
    assert "expires" in listed and "last used" in listed and listed.count("never") == 3
