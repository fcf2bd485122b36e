"""What `status` shows is saved at once when it matters, and else rarely enough for a card."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.backoff import Backoff
from gateway.counters import Counters
from gateway.error_log import ErrorLog
from gateway.gather_window import GatherWindow
from gateway.health.status import read_status
from gateway.store.site.dating import Limits
from gateway.store.store import StoreOpener
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime
from gateway.upkeep.health_recorder import SAVE_EVERY_S, HealthRecorder


class Box:
    """`nodes` is what the snapshot says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counters = Counters()
        self.errors = ErrorLog(10, self.counters, lambda: 3)
        self.nodes: dict[str, Any] = {"n-1": {"heard_ms": None, "report_ms": None, "gone": False}}
        opener = StoreOpener(folder, Limits(0, 100, 1000), 1 << 24, "gw-east")
        now = SiteTime(1000, trusts_system=True).now
        self.writer = Writer(opener, GatherWindow(0.005), Backoff(0.01, 0.05, 60, Random(1)), self.counters, self.errors, 100, now)
        self.health = HealthRecorder(self.writer, self.counters, self.errors, lambda: {"nodes": self.nodes}, lambda: 5)

    def shown(self) -> tuple[int, Any]:
        status = read_status(self.folder, 5)
        return status["counters"]["messages.received"], status["nodes"]["n-1"]["heard_ms"]

    def hear(self, at_ms: int) -> None:
        self.counters.add("messages.received")
        self.nodes = {"n-1": {"heard_ms": at_ms, "report_ms": None, "gone": False}}


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    box = Box(tmp_path)
    await box.writer.open()
    await box.health.save_if_due(0)
    yield box
    await box.writer.close()


async def test_what_only_counts_and_moments_wait_and_then_are_saved(box: Box) -> None:
    box.hear(1)
    await box.health.save_if_due(1)
    assert box.shown() == (1, 1), "that it was heard at all is news"
    for second in range(2, round(SAVE_EVERY_S) + 1):
        box.hear(second)
        await box.health.save_if_due(second)
    assert box.shown() == (1, 1)
    await box.health.save_if_due(1 + SAVE_EVERY_S)
    assert box.shown() == (SAVE_EVERY_S, SAVE_EVERY_S)


async def test_what_has_changed_or_gone_wrong_is_saved_at_once(box: Box) -> None:
    box.nodes = {"n-1": box.nodes["n-1"] | {"gone": True}}
    await box.health.save_if_due(1)
    assert read_status(box.folder, 5)["nodes"]["n-1"]["gone"] is True
    box.counters.add("refused.bad_mac")
    await box.health.save_if_due(1.5)
    assert read_status(box.folder, 5)["counters"]["refused.bad_mac"] == 1
    box.errors.add("store", "disk full")
    await box.health.save_if_due(2)
    assert [line["text"] for line in read_status(box.folder, 5)["errors"]] == ["disk full"]
