"""A service is ready only while its parts are; one that hangs is given up, and a crowd that asks costs one look."""

import asyncio
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from fleet.readiness import CACHED_MS, LEAST_FREE_BYTES, Readiness, probes_of
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import open_store, sqlite_url
from fleet.store.writer import Writer
from fleet.tests.district import District


async def parts(district: District, status: int) -> dict[str, str | None]:
    answer = await district.client.get("/readyz")
    assert answer.status_code == status, answer.text
    assert answer.json()["ready"] is (status == 200)
    return {found["part"]: found["fault"] for found in answer.json()["parts"]}


async def test_a_service_that_is_well_is_ready_without_a_token(district: District) -> None:
    assert await parts(district, 200) == {"store": None, "folder": None}


async def test_tables_of_a_later_version_are_not_for_this_one(district: District) -> None:
    await district.service.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    found = await parts(district, 503)
    assert found["store"] and found["store"].startswith("has the form 9999, and not 0")
    assert found["folder"] is None


async def test_a_writer_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path / "x.sqlite"))
    writer, release = Writer(engine), threading.Event()
    writer.start()
    writer.submit(lambda connection: release.wait(20))
    asked = Readiness(probes_of(writer, tmp_path), lambda: 0, within_s=0.05)
    assert await asked.faults() == {"store": "no answer within 0 s", "folder": None}
    release.set()
    writer.stop()
    engine.dispose()


async def test_a_store_that_cannot_be_written_is_no_place_for_a_delivery(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "x.sqlite")
    open_store(url).dispose()
    engine = new_engine(url)
    with for_writing(engine).begin() as connection:
        connection.execute(text("CREATE TRIGGER full BEFORE UPDATE ON alembic_version BEGIN SELECT RAISE(ABORT, 'full'); END"))
    writer = Writer(engine)
    writer.start()
    assert (await Readiness(probes_of(writer, tmp_path), lambda: 0).faults())["store"] == "cannot be written"
    writer.stop()
    engine.dispose()


async def test_a_folder_without_room_or_that_is_gone_has_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = probes_of(Writer(new_engine(sqlite_url(tmp_path / "x.sqlite"))), tmp_path / "gone")["folder"]
    assert await folder() == "is not there"
    (tmp_path / "gone").mkdir()
    assert await folder() is None
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=LEAST_FREE_BYTES - 1))
    assert await folder() == "less than 200 MB are free"


async def test_a_crowd_that_asks_costs_one_look_until_it_is_old() -> None:
    now_ms, looks = 0, 0

    async def probe() -> str | None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return None

    readiness = Readiness({"store": probe}, lambda: now_ms)
    await asyncio.gather(*(readiness.faults() for _ in range(100)))
    now_ms = CACHED_MS - 1
    await readiness.faults()
    assert looks == 1
    now_ms = CACHED_MS
    await readiness.faults()
    assert looks == 2
