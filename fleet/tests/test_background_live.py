"""The background of real processes that are killed: another one, or the next, goes on."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from fleet import state_folder
from fleet.people.admin_tokens import create_admin_token
from fleet.people.audit import Act
from fleet.store.dialect import for_writing, new_engine
from fleet.tests.district import START_MS
from fleet.tests.live import LiveFleet
from fleet.tests.postgresql import Cluster

pytestmark = [pytest.mark.hil, pytest.mark.deep]
WITHIN_S = 60


@pytest.fixture
def url(postgresql: Cluster) -> str:
    return postgresql.new_database()


def background(fleet: LiveFleet, token: str) -> dict[str, Any]:
    answer = httpx.get(f"{fleet.url}/api/v1/background", headers={"Authorization": f"Bearer {token}"}, timeout=WITHIN_S)
    answer.raise_for_status()
    return dict(answer.json())


def verified(fleet: LiveFleet, token: str) -> str:
    with httpx.Client(base_url=f"{fleet.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=WITHIN_S) as http:
        job = http.post("/changes/verification", json={}).json()
        until = time.monotonic() + WITHIN_S
        while job["state"] in ("queued", "running") and time.monotonic() < until:
            job = http.get(f"/jobs/{job['id']}").json()
        return str(job["state"])


def test_when_the_process_that_works_is_killed_another_takes_over_and_jobs_are_done(tmp_path: Path, url: str) -> None:
    state_folder.prepare(tmp_path / "state")
    engine = new_engine(url)
    with for_writing(engine).begin() as connection:
        token = create_admin_token(connection, Act("console", START_MS), "ada")
    engine.dispose()
    first, second = LiveFleet(tmp_path / "state", url), LiveFleet(tmp_path / "state", url)
    first.start()
    try:
        second.start()
        before = background(second, token)
        assert verified(second, token) == "done"
        first.kill()
        assert verified(second, token) == "done"
        after = background(second, token)
        assert (before["number"], after["number"]) == (1, 2) and before["holder"] != after["holder"]
        first.start()
        assert second.stop() == 0
        assert verified(first, token) == "done" and background(first, token)["number"] == 3
    finally:
        for one in (first, second):
            one.kill()
