"""What `status` shows is saved at once when it matters, and else rarely enough for a card."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.health.status import read_status
from gateway.tests.parts import make_site, make_telemetry, make_writer
from gateway.upkeep.health_recorder import SAVE_EVERY_S, HealthRecorder


class Box:
    """`nodes` is what the snapshot says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        telemetry = make_telemetry(lambda: 3)
        self.counters, self.errors = telemetry.counters, telemetry.errors
        self.nodes: dict[str, Any] = {"n-1": {"heard_ms": None, "report_ms": None, "gone": False}}
        self.writer = make_writer(folder, telemetry)
        self.health = HealthRecorder(self.writer, lambda: {"nodes": self.nodes}, make_site(), telemetry)

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


async def test_equal_errors_are_one_with_their_number_and_push_no_other_out(box: Box) -> None:
    box.errors.add("hooks", "lamp: no answer")
    for second in range(1, 151):
        box.errors.add("uplink", "refused -> enrol again")
        await box.health.save_if_due(second)
    box.errors.add("store", "disk full")
    await box.health.save_if_due(151)
    shown = read_status(box.folder, 5)["errors"]
    assert [(line["place"], line["times"]) for line in shown] == [("store", 1), ("uplink", 98), ("hooks", 1)], "100 are kept"


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
