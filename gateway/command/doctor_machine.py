"""What `airgrid-gateway doctor` finds of the machine around the gateway: clock, permissions, ports, the fleet's certificate."""

import asyncio
import os
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.configuration import Configuration, FleetSection, GatewaySection, WebSection
from gateway.errors import PageError
from gateway.health.status import has_just_started
from gateway.time.clock import Clock
from gateway.uplink.plain_http import ALLOW, plain_http_is_open
from gateway.uplink.tls import fleet_context, refusal
from gateway.web.page_port import open_page
from host.certificates import expiry_finding
from host.findings import Finding

_CONNECT_S = 10.0


def clock_finding(section: GatewaySection, clock: Clock) -> Finding:
    at = datetime.fromtimestamp(clock.utc_ms() / 1000, UTC).isoformat(timespec="seconds")
    if clock.is_synchronised():
        return Finding("clock", f"{at}, synchronised")
    if section.clock == "system":
        advice = "right for a GPS receiver that sets it; else leave [gateway] clock to its default, or start a time service"
        return Finding("clock", f'{at}, not synchronised by NTP; trusted, by [gateway] clock = "system"', advice, is_note=True)
    return Finding("clock", f"{at}, not synchronised: the time of the fleet's answers serves, as long as the fleet is there")


def permission_finding(path: Path, configuration: Configuration) -> Finding:
    """Of the configuration file, which may hold the broker's password and the PIN."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o007 and (configuration.mqtt.password or configuration.web.pin):
        return Finding("permissions", f"{path}: holds secrets and is open to everybody (mode {mode:04o})", f"chmod o= {path}")
    return Finding("permissions", f"{path}: mode {mode:04o}")


def page_finding(section: WebSection, status: Mapping[str, Any]) -> Finding:
    """`status`: of read_status. A gateway that runs is asked what became of its port: that the port is taken says not by which program."""
    where = f"{section.host}:{section.port}"
    if not section.port:
        return Finding("local page", "none ([web] port = 0)")
    if status["running"]:
        return _page_of_running(where, status)
    try:
        open_page(section.host, section.port).close()
    except PageError as error:
        return Finding("local page", f"{error.address}: {error.reason}", error.advice)
    return Finding("local page", f"{where}: free")


def _page_of_running(where: str, status: Mapping[str, Any]) -> Finding:
    page = status.get("page")
    if page is None:
        return Finding("local page", f"{where}: the gateway, which runs, has not said yet", "ask again in a minute", is_note=True)
    if page["address"] != where:
        text = f"{where}: the gateway, which runs, started with another one: {page['address']}"
        return Finding("local page", text, "restart it: systemctl restart airgrid-gateway")
    if page["listens"]:
        return Finding("local page", f"{where}: with the gateway, which runs")
    if not page["fault"] and has_just_started(status):
        return Finding(
            "local page", f"{where}: the gateway has just started, and does not listen yet", "ask again in a minute", is_note=True
        )
    text, _, advice = (page["fault"] or f"{where}: the gateway, which runs, does not listen there").partition(" -> ")
    return Finding("local page", text, advice or "look at its log: journalctl -u airgrid-gateway")


def port_findings(ports: Mapping[str, str]) -> list[Finding]:
    found = []
    for name, device in ports.items():
        if not os.path.exists(device):  # noqa: PTH110 unlike Path.exists: also below a folder that may not be looked into
            found.append(Finding(f"port {name}", f"{device}: no such device", "plug it in, or correct [ports] (ls -l /dev/serial/by-id)"))
        elif not os.access(device, os.R_OK | os.W_OK):
            found.append(Finding(f"port {name}", f"{device}: may not be opened", f"run as the gateway's user, in the group of {device}"))
        else:
            found.append(Finding(f"port {name}", device))
    return found


async def certificate_finding(section: FleetSection, clock: Clock) -> Finding:
    parts = urlsplit(section.url)
    if parts.scheme != "https":
        return _without_tls(section)
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=fleet_context(section))
    except ssl.SSLCertVerificationError as error:
        text, _, advice = refusal(error).partition(" -> ")
        return Finding("certificate", f"{section.url}: {text}", advice)
    except (OSError, TimeoutError) as error:
        return Finding("certificate", f"{section.url}: not reached ({error or 'no answer'})")
    try:
        ends_s = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
        return expiry_finding(section.url, ends_s, clock.utc_ms())
    finally:
        writer.close()


def _without_tls(section: FleetSection) -> Finding:
    if plain_http_is_open(section.url, section.plain_http):
        text = f"{section.url}: asked without TLS, so that anybody on the way reads and changes everything"
        return Finding("certificate", text, f"take https:// for [fleet] url; or say in so many words: {ALLOW}")
    why = "this machine itself" if section.plain_http == "refused" else "allowed by [fleet] plain_http"
    return Finding("certificate", f"none: the fleet is asked without TLS ({why})")
