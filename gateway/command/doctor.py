"""What `airgrid-gateway doctor` finds: each finding says whether it is well, and if not, what to do. Changes nothing."""

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path

from contract.site import device_api
from gateway.command import doctor_machine
from gateway.command.doctor_broker import broker_finding, broker_findings
from gateway.command.doctor_limits import limit_finding
from gateway.command.doctor_outputs import hook_findings, output_findings
from gateway.configuration import Configuration, FleetSection
from gateway.desired.document import SiteNames, verify_pinned
from gateway.desired.files import GOOD_FILE as DESIRED_FILE
from gateway.errors import DesiredError, FleetError, IdentityError, StateFolderError
from gateway.factories import fleet_session, one_question_api, site_names
from gateway.health.status import read_status
from gateway.identity import Identity
from gateway.identity_file import load
from gateway.process import state_folder
from gateway.store.database import FILE_NAME, advice, open_for_reading
from gateway.time.clock import Clock
from host.findings import Finding, size_text

_MISFITS_SHOWN = 5


async def findings(configuration: Configuration, path: Path) -> list[Finding]:
    """`path` is that of the configuration, which has been validated already."""
    state, clock = configuration.state, Clock()
    found = [doctor_machine.permission_finding(path, configuration), doctor_machine.clock_finding(configuration.gateway, clock)]
    found += [_state_folder(state, configuration.buffer.budget_bytes), _buffer(state / FILE_NAME)]
    try:
        identity = load(state)
        found.append(Finding("enrolment", f"gateway {identity.gateway}"))
        found.append(_pinned(state / DESIRED_FILE, identity, site_names(configuration)))
    except IdentityError as error:
        identity = None
        text, _, advised = str(error).partition(" -> ")
        found.append(Finding("enrolment", text, advised))
    found.append(doctor_machine.page_finding(configuration.web, read_status(state, clock.utc_ms())))
    found += output_findings(configuration.outputs) + hook_findings(configuration.hooks, _user(state))
    found += doctor_machine.port_findings(configuration.ports)
    asked = (
        broker_finding(configuration.mqtt, state, clock.utc_ms()),
        _fleet(configuration.fleet, identity, clock),
        doctor_machine.certificate_finding(configuration.fleet, clock),
    )
    found.extend(await asyncio.gather(*asked))
    found += broker_findings()
    found.append(limit_finding(read_status(state, clock.utc_ms())))
    return found


def _state_folder(state: Path, budget_bytes: int) -> Finding:
    try:
        state_folder.check(state)
    except StateFolderError as error:
        return Finding("state", f"{error.path}: {error.reason}", error.advice)
    free = shutil.disk_usage(state).free
    if free < budget_bytes:
        text = f"{state}: {size_text(free)} free, less than buffer.budget_bytes = {budget_bytes} ({size_text(budget_bytes)})"
        return Finding("state", text, "free some, or lower buffer.budget_bytes")
    return Finding("state", f"{state}: writable, {size_text(free)} free")


def _buffer(path: Path) -> Finding:
    if not os.path.exists(path):  # noqa: PTH110 unlike Path.exists: also when the folder may not be looked into
        return Finding("buffer", "none yet; it is made at the first start")
    try:
        connection = open_for_reading(path)
        try:
            verdict: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            waiting = connection.execute("SELECT count(*) FROM unsent").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        return Finding("buffer", f"{path}: {error}", advice(error, path))
    if verdict != "ok":
        return Finding(
            "buffer", f"{path}: {verdict}", "nothing: the gateway sets it aside and starts a fresh one; keep the file that it renames"
        )
    return Finding("buffer", f"sound; {waiting} items wait for the fleet")


def _pinned(path: Path, identity: Identity, site: SiteNames) -> Finding:
    try:
        desired = verify_pinned(path.read_bytes(), identity, site)
    except FileNotFoundError:
        return Finding("desired", "none yet: no node is known until the fleet has been reached once")
    except (OSError, DesiredError) as error:
        return Finding("desired", f"{path}: {error}", "let the gateway reach the fleet once: it fetches and pins a good one")
    if desired.misfits:
        advice = "name it in gateway.toml and restart the gateway, or ask an administrator to correct the configuration of this gateway"
        return Finding(
            "desired", f"version {desired.version} does not fit this site: {'; '.join(desired.misfits[:_MISFITS_SHOWN])}", advice
        )
    return Finding("desired", f"version {desired.version}, {len(desired.nodes)} nodes")


def _user(state: Path) -> int:
    """The owner of the state folder: the user that runs the gateway, not the one that runs this command."""
    try:
        return state.stat().st_uid
    except OSError:
        return os.geteuid()


async def _fleet(section: FleetSection, identity: Identity | None, clock: Clock) -> Finding:
    async with fleet_session(section) as session:
        api = one_question_api(session, section, identity.token if identity else "", clock)
        try:
            await api.desired(0, 0)
        except FleetError as error:
            return _fleet_trouble(section.url, identity, error)
    return Finding("fleet", f"{section.url}: reached, and it knows this gateway")


def _fleet_trouble(url: str, identity: Identity | None, error: FleetError) -> Finding:
    if identity is None and error.status == device_api.UNKNOWN_TOKEN_STATUS:
        return Finding("fleet", f"{url}: reached")
    text, _, advice = error.reason.partition(" -> ")
    return Finding("fleet", f"{url}: {text}", advice)
