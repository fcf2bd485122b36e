"""What the doctor says of the machine around the gateway, and that each fault comes with what to do."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from aiohttp import web

from gateway.command.doctor_limits import limit_finding
from gateway.command.doctor_machine import certificate_finding, clock_finding, page_finding, permission_finding, port_findings
from gateway.configuration import Configuration, FleetSection, GatewaySection, WebSection
from gateway.tests.parts import CLOCK
from gateway.tests.site import free_port, make_configuration
from gateway.tests.test_tls import Authority
from gateway.web.server import NO_PAGE
from hil_tests.stand_in_fleet.fleet import StandInFleet
from host.findings import Finding

_DAY = timedelta(days=1)
_STOPPED = {"running": False}


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    fleet = StandInFleet()
    fleet.url = "http://127.0.0.1:1"
    return make_configuration(tmp_path, fleet, 1883)


@pytest.mark.parametrize(
    ("mode", "pin", "well"), [(0o640, "246810", True), (0o644, "246810", False), (0o604, "1234", False), (0o644, "", True)]
)
def test_secrets_open_to_everybody_are_a_fault(tmp_path: Path, configuration: Configuration, mode: int, pin: str, well: bool) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text("")
    path.chmod(mode)
    found = permission_finding(path, replace(configuration, web=replace(configuration.web, pin=pin)))
    assert found.well == well
    assert well or found.advice == f"chmod o= {path}"


def test_a_port_that_is_taken_is_a_fault_and_a_free_one_is_not() -> None:
    section = WebSection(port=free_port())
    assert page_finding(section, _STOPPED).well
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", section.port))
        taken.listen()
        found = page_finding(section, _STOPPED)
    assert not found.well and f":{section.port}" in found.advice


def test_an_address_of_another_machine_is_a_fault() -> None:
    assert not page_finding(WebSection(host="192.0.2.1", port=8088), _STOPPED).well


# name: (what the gateway, which runs, says of its page; level; words)
_PAGES: dict[str, tuple[dict[str, Any] | None, str, str]] = {
    "it listens": ({"address": "127.0.0.1:8088", "listens": True, "fault": ""}, "ok", "with the gateway, which runs"),
    "another program has it": ({"address": "127.0.0.1:8088", "listens": False, "fault": "in use -> end it"}, "FAULT", "end it"),
    "it crashed": ({"address": "127.0.0.1:8088", "listens": False, "fault": ""}, "FAULT", "journalctl"),
    "the file was changed since": ({"address": "127.0.0.1:9000", "listens": True, "fault": ""}, "FAULT", "restart it"),
    "it started without one": (NO_PAGE, "FAULT", "restart it"),
    "nothing is known": (None, "note", "ask again"),
}


@pytest.mark.parametrize(("page", "level", "words"), _PAGES.values(), ids=_PAGES.keys())
def test_of_a_gateway_that_runs_the_doctor_says_what_became_of_its_page(page: dict[str, Any] | None, level: str, words: str) -> None:
    found = page_finding(WebSection(host="127.0.0.1", port=8088), {"running": True, "page": page, "at_ms": 60_000, "started_ms": 0})
    assert (found.level, words in f"{found.text} -> {found.advice}") == (level, True), found


@pytest.mark.parametrize(("fault", "level"), [("", "note"), ("in use -> end it", "FAULT")])
def test_a_page_that_does_not_listen_just_after_the_start_is_no_fault_yet(fault: str, level: str) -> None:
    page = {"address": "127.0.0.1:8088", "listens": False, "fault": fault}
    found = page_finding(WebSection(host="127.0.0.1", port=8088), {"running": True, "page": page, "at_ms": 5_000, "started_ms": 0})
    assert found.level == level


@pytest.mark.parametrize(
    ("clock", "synchronised", "level"), [("system", False, "note"), ("system", True, "ok"), ("auto", False, "ok"), ("auto", True, "ok")]
)
def test_a_clock_that_is_trusted_without_ntp_is_a_note(clock: Literal["auto", "system"], synchronised: bool, level: str) -> None:
    found = clock_finding(GatewaySection(state="/x", clock=clock), replace(CLOCK, is_synchronised=lambda: synchronised))
    assert found.level == level


def test_a_port_without_its_device_is_a_fault() -> None:
    assert [finding.well for finding in port_findings({"a": "/dev/nowhere", "b": "/dev/null"})] == [False, True]


class Server:
    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "district")
        self._runner = web.AppRunner(web.Application(), access_log=None)

    async def section(self, begins: timedelta, ends: timedelta) -> FleetSection:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.authority.context(begins, ends, "127.0.0.1"))
        await site.start()
        return FleetSection(url=f"https://127.0.0.1:{self._runner.addresses[0][1]}", ca_file=str(self.authority.file))

    async def stop(self) -> None:
        await self._runner.cleanup()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    made = Server(tmp_path)
    yield made
    await made.stop()


CERTIFICATES = {
    "for a year": (-_DAY, 365 * _DAY, True, " 364 days left"),
    "for two weeks": (-_DAY, 14 * _DAY, True, " 13 days left"),
    "for a week": (-_DAY, 7 * _DAY, False, " 6 days left"),
    "expired": (-2 * _DAY, -_DAY, False, "expired"),
}


@pytest.mark.parametrize(("begins", "ends", "well", "words"), CERTIFICATES.values(), ids=CERTIFICATES.keys())
async def test_a_certificate_is_told_before_it_ends(server: Server, begins: timedelta, ends: timedelta, well: bool, words: str) -> None:
    found = await certificate_finding(await server.section(begins, ends), CLOCK)
    assert (found.well, words in found.text) == (well, True), found


async def test_a_fleet_without_tls_or_away_has_no_certificate_to_complain_of() -> None:
    found: list[Finding] = [await certificate_finding(FleetSection(url=f"{scheme}://127.0.0.1:1"), CLOCK) for scheme in ("http", "https")]
    assert [finding.well for finding in found] == [True, True]


_PLAIN = [
    ("http://fleet.example", "refused", False),
    ("http://10.0.0.7:8080", "refused", False),
    ("http://127.0.0.1.evil.example", "refused", False),
    ("http://localhost.evil.example", "refused", False),
    ("http://[2001:db8::1]", "refused", False),
    ("HTTP://fleet.example", "refused", False),
    ("http://fleet.example", "allowed", True),
    ("http://127.0.0.1:8080", "refused", True),
    ("http://127.9.9.9", "refused", True),
    ("http://[::1]:8080", "refused", True),
    ("http://localhost:8080", "refused", True),
]


@pytest.mark.parametrize(("url", "plain_http", "well"), _PLAIN)
async def test_a_fleet_on_another_machine_without_tls_is_a_fault_unless_allowed_in_so_many_words(
    url: str, plain_http: str, well: bool
) -> None:
    found = await certificate_finding(FleetSection(url=url, plain_http=plain_http), CLOCK)
    assert found.well == well
    assert well or "plain_http" in found.advice


@pytest.mark.parametrize(
    ("unit", "descriptors", "memory", "tasks", "well"),
    [
        ("airgrid-gateway.service", 4096, 1 << 29, 64, True),
        ("airgrid-gateway.service", None, 1 << 29, 64, True),
        ("airgrid-gateway.service", 1023, 1 << 29, 64, False),
        ("airgrid-gateway.service", 4096, None, 64, False),
        ("airgrid-gateway.service", 4096, 1 << 29, None, False),
        ("", 1023, None, None, True),
    ],
)
def test_limits_that_are_not_in_force_are_a_fault(
    unit: str, descriptors: int | None, memory: int | None, tasks: int | None, well: bool
) -> None:
    limits = {"unit": unit, "descriptors": descriptors, "memory_bytes": memory, "tasks": tasks}
    assert limit_finding({"running": True, "limits": limits}).well == well


def test_limits_of_a_gateway_that_does_not_run_are_not_known() -> None:
    assert limit_finding({"running": False, "limits": {"unit": "x"}}).well
    assert limit_finding({"running": True}).well
