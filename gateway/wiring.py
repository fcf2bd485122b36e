"""The one place where the gateway's parts are built and connected. Decides nothing about data."""

import asyncio
import logging
import signal
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom
from typing import Any

import aiohttp

from gateway import factories
from gateway.broker.password_file import BrokerPasswordFile
from gateway.carriers.carrier import Carrier
from gateway.configuration import Configuration
from gateway.desired.desired_state import DesiredState
from gateway.desired.document import Desired
from gateway.desired.evidence import Evidence
from gateway.desired.files import DesiredFiles
from gateway.desired.in_force import InForce
from gateway.desired.pinned import Pinned
from gateway.desired.poll import DesiredPoll
from gateway.evaluation.actions import Actions
from gateway.evaluation.evaluation import Evaluation
from gateway.evaluation.faster import FasterRequests
from gateway.evaluation.requests import send_requests
from gateway.health.snapshot import FleetState, NodeStates, Snapshot
from gateway.identity import Identity
from gateway.identity_file import IdentityFile
from gateway.intake.node_settings import NodeSettings
from gateway.outputs.configured import make_output
from gateway.outputs.hooks import Hooks
from gateway.outputs.switchboard import Switchboard
from gateway.process.supervision import Supervision
from gateway.process.watchdog import Watchdog
from gateway.reception.node_logs import NodeLogs
from gateway.reception.reception import Reception
from gateway.reception.version_trial import withhold_acks
from gateway.sources.kinds import SourceContext
from gateway.sources.source_supervisor import SourceSupervisor
from gateway.sources.track_keeper import TrackKeeper
from gateway.station.alarm_tests import AlarmTests
from gateway.station.announcer import Announcer
from gateway.station.publisher import StationPublisher
from gateway.time.clock import Clock
from gateway.upkeep.buffer_upkeep import BufferUpkeep
from gateway.upkeep.clock_keeping import GRACE_S, ClockKeeping
from gateway.upkeep.health_recorder import HealthRecorder
from gateway.uplink.data_budget import DataBudget
from gateway.uplink.logs import GATHER_S, forward_logs
from gateway.uplink.sender import Sender
from gateway.uplink.token_rotation import TokenRotation
from gateway.web.answers import Site
from gateway.web.live_status import LiveStatus, Running
from gateway.web.own_requests import names_of
from gateway.web.server import NO_PAGE, LocalServer
from host.systemd import READY, STOPPING, Systemd

_LOG = logging.getLogger(__name__)
# Ended before the sources: what these send or save comes again, or is saved at the end.
_STOPPED_FIRST = (
    "writer", "publisher", "track", "clock", "border", "desired", "token", "report", "trial", "settings", "logs", "health", "upkeep",
)  # fmt: skip
_MISFITS_SHOWN = 20


@dataclass(frozen=True)
class Delays:
    """Waits that no key of the configuration sets."""

    clock_grace_s: float = GRACE_S
    gather_logs_s: float = GATHER_S


class Gateway:
    """`start` and `stop`; in between everything runs by itself. To be made where an event loop runs."""

    def __init__(
        self,
        configuration: Configuration,
        identity: Identity,
        session: aiohttp.ClientSession,
        random: Random,
        clock: Clock,
        delays: Delays = Delays(),
    ) -> None:
        self.configuration = configuration
        self.identity = identity
        self.clock = clock
        self.site = factories.site_time(configuration, clock)
        self.telemetry = factories.telemetry(configuration, self.site)
        self.counters, self.errors = self.telemetry.counters, self.telemetry.errors
        self.boot = f"{random.getrandbits(64):016x}"
        self.supervision = Supervision(self.telemetry, random, clock)
        self.writer = factories.writer(configuration, identity.gateway, self.site, self.telemetry, random)
        self.clock_keeping = ClockKeeping(self.site, self.writer, delays.clock_grace_s)
        self.gather_logs_s = delays.gather_logs_s
        self.api = factories.fleet_api(session, configuration.fleet, identity.token, self.site, random)
        self._build_intake(random)
        self._build_sources()
        self._build_alarms()
        self._build_desired(random)
        self._build_uplink(random)
        self._build_views()

    async def start(self) -> None:
        """Raises StoreError when the buffer cannot be opened."""
        await self.writer.open()
        await self.clock_keeping.begin(self.pinned.issued_ms())
        self.started_ms = self.site.utc_ms()
        await self.uplink.begin()
        self.desired.start()
        start = self.supervision.start
        start("version trial", partial(withhold_acks, self.configuration.state, self.reception, self.clock))
        start("writer", self.writer.run)
        start("clock", self.clock_keeping.run)
        start("budget", self.budget.run)
        start("border", self.uplink.watch)
        for name, task in self.uplink.tasks.items():
            start(name, task.run)
        start("desired", self.poll.run)
        start("token", self.token.run)
        start("report", partial(self.poll.report, self.boot))
        start("trial", self.desired.watch)
        start("rules", self.evaluation.run)
        start("outputs", self.switchboard.run)
        start("hooks", self.hooks.run)
        start("password file", self.password_file.run)
        start("faster", partial(send_requests, self.faster, self.actions.faster_moved, self.reception, self.site, self.counters))
        start("acks", self.reception.send_acks)
        start("settings", self.reception.offer_settings)
        start("logs", partial(forward_logs, self.logs, self.api, self.gather_logs_s))
        start("health", self.health.run)
        start("upkeep", self.upkeep.run)
        start("publisher", self.sources.publisher.run)
        start("track", self.sources.track.run)
        start("sources", self.sources.run)
        start("watchdog", self.watchdog.run)
        if self.web:
            start("web", self.web.run)
        for name, carrier in self.carriers.items():
            start(name, partial(carrier.run, self.reception.deliver))
        self.systemd.notify(READY)

    async def stop(self) -> None:
        """What was accepted and read is committed, and acknowledged while the link still stands; then everything ends."""
        self.systemd.notify(STOPPING)
        await self.supervision.stop(*_STOPPED_FIRST, *self.uplink.tasks)
        await self.sources.stop_reading()  # they hand over their last readings, before those are published
        await self.writer.commit_last()
        await self.sources.track.save_last()
        await self.sources.publisher.publish_last()
        self.reception.send_acks_now()
        await self.supervision.stop()
        await self.budget.save()
        await self.health.save()
        await self.writer.close()

    def _build_intake(self, random: Random) -> None:
        """From nodes to the buffer, and answers back."""
        configuration, counters = self.configuration, self.counters
        self.intake = factories.intake(configuration, counters)
        self.settings = NodeSettings()
        self.logs = NodeLogs(configuration.limits.log_lines, counters)
        self.reception = Reception(self.intake, self.writer, self.settings, self.logs, self.site, self.telemetry)
        self.mqtt = factories.mqtt(configuration, self.identity.gateway, self.clock, self.telemetry, random)
        self.carriers: dict[str, Carrier] = {"mqtt": self.mqtt}
        self.password_file = BrokerPasswordFile(configuration.mqtt, self.telemetry)
        self.writer.on_commit = self.reception.committed
        self.reception.on_stored = self.writer.on_published = self._stored

    def _build_sources(self) -> None:
        """What the gateway measures itself."""
        publisher = StationPublisher(self.writer, self.counters, self.site)
        track = TrackKeeper(self.writer, self.counters, self.site.utc_ms)
        context = SourceContext(publisher, track, self.reception.deliver, self.counters, self.site)
        self.sources = SourceSupervisor(self.configuration.ports, context, self.supervision, self.errors)
        self.announcer = Announcer(self.writer, self.site, self.clock.monotonic_s())

    def _build_alarms(self) -> None:
        """Rules, and what they act on."""
        outputs = {name: make_output(words) for name, words in self.configuration.outputs.items()}
        self.switchboard = Switchboard(outputs, self.clock, self.telemetry)
        self.hooks = Hooks(self.configuration.hooks, self.telemetry)
        self.faster = FasterRequests()
        self.actions = Actions(self.switchboard, self.hooks, self.faster, self.counters, self.clock)
        self.evaluation = Evaluation(self.writer, self.actions, self.counters, self.errors, self.site)
        self.writer.on_thread = self.evaluation.committed

    def _build_desired(self, random: Random) -> None:
        """What the fleet wants of this gateway, and who applies which part of it."""
        configuration, fleet = self.configuration, self.configuration.fleet
        parts = {
            "nodes": self._apply_nodes, "rules": self.evaluation.take, "calibrations": self.evaluation.take,
            "sources": lambda desired: self.sources.desire(desired.sources), "settings": self._apply_settings,
        }  # fmt: skip
        files, site_names = DesiredFiles(configuration.state), factories.site_names(configuration)
        self.pinned = Pinned(files, self.identity, site_names, self.telemetry)
        evidence, in_force = Evidence(self.writer, self.site.utc_ms), InForce(parts, self.telemetry)
        self.desired = DesiredState(self.pinned, evidence, in_force, fleet.trial_s, self.telemetry, self.clock.monotonic_s)
        self.poll = DesiredPoll(self.api, self.desired, fleet, factories.fleet_backoff(fleet, random), self.clock, self.telemetry)

    def _build_uplink(self, random: Random) -> None:
        """From the buffer to the fleet."""
        configuration, fleet = self.configuration, self.configuration.fleet
        sender = Sender(self.api, self.writer, self.site, self.clock_keeping.usable, self.telemetry, self.desired.receipt)
        self.uplink = factories.uplink(sender, self.writer, fleet, self.clock, self.telemetry, random)
        self.budget = DataBudget(self.api.traffic, self.writer, fleet, self.site, self.counters, self.uplink.wake)
        self.uplink.lets_reports_go = self.budget.lets_reports_go
        identity = IdentityFile(configuration.state, self.identity)
        self.token = TokenRotation(self.api, identity, fleet, self.site, random, self.telemetry)

    def _build_views(self) -> None:
        """What people, Prometheus and systemd are shown."""
        configuration, fleet = self.configuration, self.configuration.fleet
        self.started_ms = self.site.utc_ms()
        self.alarm_tests = AlarmTests(self.announcer, self.switchboard.test, list(configuration.outputs))
        self.limits: dict[str, Any] = {}
        self.snapshot = Snapshot(
            {
                "gateway": lambda: self.identity.gateway,
                "started_ms": lambda: self.started_ms,
                "broker_connected": lambda: self.mqtt.connected,
                "fleet": FleetState(self.api.link, self.site).document,
                "desired_version": lambda: self.desired.version,
                "desired_on_trial": lambda: self.desired.on_trial,
                "desired_misfits": lambda: list(self.desired.misfits[:_MISFITS_SHOWN]),
                "clock": self.site.summary,
                "data": self.budget.summary,
                "limits": lambda: self.limits,
                "page": lambda: self.web.state() if self.web else NO_PAGE,
                "alarm_tests": self.alarm_tests.documents,
            },
            {
                "nodes": NodeStates(self.reception, self.intake, self.settings).documents,
                "unknown_nodes": lambda: dict(self.intake.unknown),
                "sources": self.sources.documents,
                "alarms": lambda: self.evaluation.open_alarms,
                "outputs": self.switchboard.states,
            },
        )
        self.health = HealthRecorder(self.writer, self.snapshot.read, self.site, self.telemetry)
        self.upkeep = BufferUpkeep(self.writer, self.counters, configuration.buffer, self.site)
        self.systemd = Systemd.of_environment()
        self.watchdog = Watchdog(self.systemd, self.writer, self.counters, self.clock, fleet.retry_after_cap_s + fleet.timeout_s)
        self.web = self._build_web() if configuration.web.port else None

    def _build_web(self) -> LocalServer:
        section = self.configuration.web
        running = Running(self.api.link, self.snapshot.read, self.reception.last_reports, self.sources.last_rows, self.settings.parts)
        status = LiveStatus(self.configuration, self.counters, self.site, running)
        shown = Site(self.configuration.state, section.pin, names_of(section.names), status, self.alarm_tests.run)
        return LocalServer((section.host, section.port), factories.page_limits(section), shown, self.counters, self.clock.monotonic_s)

    def _apply_nodes(self, desired: Desired) -> None:
        now_s = self.clock.monotonic_s()
        keys = {node.node: node.key for node in desired.nodes}
        self.intake.know(keys, now_s)
        self.settings.desire({node.node: (node.settings_version, node.settings) for node in desired.nodes}, now_s, keys)
        self.reception.settings_moved.set()
        self.password_file.set_nodes(keys)
        self.evaluation.take(desired)

    def _apply_settings(self, desired: Desired) -> None:
        fleet, wanted = self.configuration.fleet, desired.settings
        self.poll.report_interval_s = wanted.get("report_interval_s", fleet.report_interval_s)
        self.desired.limit_s = wanted.get("trial_s", fleet.trial_s)
        self.uplink.cap_history(wanted.get("history_bytes_per_s", fleet.history_bytes_per_s))

    def _stored(self) -> None:
        self.evaluation.wake()
        self.uplink.wake()


async def run(configuration: Configuration, identity: Identity) -> None:
    """The gateway, until SIGTERM or SIGINT. Raises StoreError when the buffer cannot be opened."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with factories.fleet_session(configuration.fleet) as session:
        gateway = Gateway(configuration, identity, session, SystemRandom(), Clock())
        await gateway.start()
        _LOG.info("started", extra={"gateway": identity.gateway, "state": str(configuration.state)})
        await stop.wait()
        _LOG.info("stopping")
        await gateway.stop()
    _LOG.info("stopped")
