"""Listeners are named when the gateway is wired: one that was forgotten fails at the first call, and is not silently left out."""

from pathlib import Path

import pytest

from gateway.intake.intake import Intake
from gateway.intake.node_settings import NodeSettings
from gateway.items import Row
from gateway.reception.node_logs import NodeLogs
from gateway.reception.reception import Reception
from gateway.store.site.station import PendingItem
from gateway.store.writer import Submission, Writer
from gateway.tests.conftest import Site
from gateway.tests.parts import make_site, make_telemetry, make_writer
from gateway.time.clock import Clock
from gateway.time.site_time import SiteTime

_ROW = Row("n-1", "0000000100000001", 0, "report", 0, 0, 1, None, None, b"{}")
_EVENT = PendingItem("event", {"k": "test", "a": {}}, 0, 0, 0)


async def _writer(folder: Path, forgotten: str) -> Writer:
    writer = make_writer(folder, make_telemetry())
    delattr(writer, forgotten)
    await writer.open()
    return writer


@pytest.mark.parametrize("forgotten", ["on_commit", "on_thread"])
async def test_the_first_commit_fails_when_a_listener_of_the_writer_was_forgotten(tmp_path: Path, forgotten: str) -> None:
    writer = await _writer(tmp_path, forgotten)
    writer.submit([_ROW], [])
    with pytest.raises(AttributeError, match=forgotten):
        await writer.commit_pending()
    await writer.close()


@pytest.mark.parametrize("forgotten", ["on_published", "on_thread"])
async def test_the_first_own_item_fails_when_a_listener_of_the_writer_was_forgotten(tmp_path: Path, forgotten: str) -> None:
    writer = await _writer(tmp_path, forgotten)
    with pytest.raises(AttributeError, match=forgotten):
        await writer.publish([_EVENT])
    await writer.close()


async def test_the_first_commit_fails_when_the_listener_of_the_reception_was_forgotten(tmp_path: Path) -> None:
    telemetry = make_telemetry()
    counters = telemetry.counters
    intake = Intake(counters, per_s=1, burst=1, unknown_limit=1)
    reception = Reception(intake, make_writer(tmp_path, telemetry), NodeSettings(), NodeLogs(1, counters), make_site(), telemetry)
    with pytest.raises(AttributeError, match="on_stored"):
        reception.committed(Submission([_ROW], []))


def test_the_moment_at_which_the_time_becomes_known_fails_when_its_listener_was_forgotten() -> None:
    machine = SiteTime(Clock(is_synchronised=lambda: True), 100, trusts_system=False)
    with pytest.raises(AttributeError, match="on_known"):
        machine.look()


async def test_the_first_batch_fails_when_whether_reports_may_go_was_forgotten(site: Site) -> None:
    gateway = await site.start()
    del gateway.uplink.lets_reports_go
    for name in ("live", "history"):
        with pytest.raises(AttributeError, match="lets_reports_go"):
            await gateway.uplink.tasks[name].send_one()


async def test_a_whole_gateway_has_all_of_them(site: Site) -> None:
    gateway = await site.start()
    for part, name in (
        (gateway.writer, "on_commit"), (gateway.writer, "on_thread"), (gateway.writer, "on_published"),
        (gateway.reception, "on_stored"), (gateway.site, "on_known"), (gateway.uplink, "lets_reports_go"),
    ):  # fmt: skip
        assert callable(getattr(part, name))
