"""The one place where the gateway's parts are built and connected. Decides nothing about data."""

import asyncio
import logging
import signal
from functools import partial
from random import Random, SystemRandom

import aiohttp

from gateway import factories
from gateway.broker.password_file import BrokerPasswordFile
from gateway.carriers.carrier import Carrier
from gateway.configuration import Configuration
from gateway.counters import Counters
from gateway.desired.desired_state import DesiredState
from gateway.desired.document import Desired
from gateway.desired.files import DesiredFiles
from gateway.desired.poll import DesiredPoll
from gateway.error_log import ErrorLog
from gateway.evaluation.actions import Actions
from gateway.evaluation.evaluation import Evaluation
from gateway.evaluation.faster import FasterRequests
from gateway.evaluation.requests import send_requests
from gateway.health.snapshot import Snapshot
from gateway.identity import Identity
from gateway.intake.intake import Intake
from gateway.intake.node_settings import NodeSettings
from gateway.outputs.configured import make_output
from gateway.outputs.hooks import Hooks
from gateway.outputs.switchboard import Switchboard
from gateway.process.supervision import Supervision
from gateway.process.systemd import READY, STOPPING, Systemd
from gateway.process.watchdog import Watchdog
from gateway.reception.node_logs import NodeLogs
from gateway.reception.reception import Reception
from gateway.station.announcer import Announcer
from gateway.time import clock
from gateway.time.site_time import SiteTime
from gateway.upkeep.buffer_upkeep import BufferUpkeep
from gateway.upkeep.clock_keeping import ClockKeeping
from gateway.upkeep.health_recorder import HealthRecorder
from gateway.uplink.data_budget import DataBudget
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.logs import forward_logs
from gateway.uplink.token_rotation import TokenRotation
from gateway.web.live_status import LiveStatus
from gateway.web.pin import PinCheck
from gateway.web.server import LocalServer

_LOG = logging.getLogger(__name__)
_CONNECT_S = 5.0
_SAYING = ("writer", "voice", "track", "clock", "border", "desired", "token", "report", "trial", "settings", "logs", "health", "upkeep")

# How long a test of the alarm switches the outputs.
_TEST_S = 3


class Gateway:
    """`start` and `stop`; in between everything runs by itself. To be made where an event loop runs."""

    def __init__(self, configuration: Configuration, identity: Identity, session: aiohttp.ClientSession, random: Random) -> None:
        self.configuration = configuration
        self.identity = identity
        limits, fleet = configuration.limits, configuration.fleet
        self.counters = Counters()
        self.site = SiteTime(configuration.gateway.clock_error_ms, trusts_system=configuration.gateway.clock == "system")
        self.errors = ErrorLog(limits.error_lines, self.counters, self.site.utc_ms)
        self.supervision = Supervision(self.counters, self.errors, random)
        self.intake = Intake(
            self.counters, per_s=limits.node_messages_per_s, burst=limits.node_burst_messages, unknown_limit=limits.unknown_nodes
        )
        self.settings = NodeSettings()
        self.logs = NodeLogs(limits.log_lines, self.counters)
        self.writer = factories.writer(configuration, identity, self.site, self.counters, self.errors, random)
        self.clock_keeping = ClockKeeping(self.site, self.writer)
        self.reception = Reception(self.intake, self.writer, self.settings, self.logs, self.counters, self.errors, self.site)
        self.sources = factories.sources(
            configuration, self.reception, self.writer, self.supervision, self.site, self.counters, self.errors
        )
        self.mqtt = factories.mqtt(configuration, identity, self.counters, self.errors, random)
        self.doorkeeper = BrokerPasswordFile(configuration.mqtt, self.counters, self.errors)
        self.carriers: dict[str, Carrier] = {"mqtt": self.mqtt}
        self.api = FleetApi(session, fleet.url, identity.token, fleet.timeout_s, factories.fleet_passage(fleet, random))
        usable = self.clock_keeping.usable
        self.uplink = factories.uplink(configuration, self.api, self.writer, self.site, usable, self.counters, self.errors, random)
        self.traffic = self.api.traffic
        self.budget = DataBudget(self.traffic, self.writer, fleet, self.site, self.counters, self.uplink.wake)
        self.uplink.lets_reports_go = self.budget.lets_reports_go
        self.token = TokenRotation(self.api, configuration.state, identity, fleet, self.site, random, self.counters, self.errors)
        self._wanted(random)
        self._alarms()
        self._shown()
        self.api.on_time = self.site.hear_fleet
        self.writer.on_commit = self.reception.committed

    async def start(self) -> None:
        """Raises StoreError when the buffer cannot be opened."""
        await self.writer.open()
        await self.clock_keeping.begin()
        self.snapshot.started_ms = self.site.utc_ms()
        await self.uplink.begin()
        self.desired.start()
        start = self.supervision.start
        start("writer", self.writer.run)
        start("clock", self.clock_keeping.run)
        start("budget", self.budget.run)
        start("border", self.uplink.watch)
        for name, lane in self.uplink.lanes.items():
            start(name, lane.run)
        start("desired", self.poll.run)
        start("token", self.token.run)
        start("report", self.poll.report)
        start("trial", self.desired.watch)
        start("rules", self.evaluation.run)
        start("outputs", self.switchboard.run)
        start("hooks", self.hooks.run)
        start("doorkeeper", self.doorkeeper.run)
        start("faster", partial(send_requests, self.faster, self.actions.faster_moved, self.reception, self.site, self.counters))
        start("acks", self.reception.send_acks)
        start("settings", self.reception.offer_settings)
        start("logs", lambda: forward_logs(self.logs, self.api))
        start("health", self.health.run)
        start("upkeep", self.upkeep.run)
        start("voice", self.sources.voice.run)
        start("track", self.sources.track.run)
        start("sources", self.sources.run)
        start("watchdog", self.watchdog.run)
        if self.web:
            start("web", self.web.run)
        for name, carrier in self.carriers.items():
            start(name, partial(carrier.run, self.reception.deliver))
        self.systemd.tell(READY)

    async def stop(self) -> None:
        """What was taken in and read is committed, and acknowledged while the link still stands; then everything ends."""
        self.systemd.tell(STOPPING)
        await self.supervision.stop(*_SAYING, *self.uplink.lanes)
        await self.sources.stop_reading()  # and have their last words, before those are said
        await self.writer.settle_pending()
        await self.sources.track.bring_last()
        await self.sources.voice.say_last()
        self.reception.send_acks_now()
        await self.supervision.stop()
        await self.budget.save()
        await self.health.save()
        await self.writer.close()

    def _wanted(self, random: Random) -> None:
        """What the fleet wants of this gateway, and who takes which part of it."""
        configuration, fleet = self.configuration, self.configuration.fleet
        parts = {
            "nodes": self._take_nodes, "rules": self._take_rules, "calibrations": self._take_rules, "sources": self._take_sources,
            "settings": self._take_settings,
        }  # fmt: skip
        files, site_names = DesiredFiles(configuration.state), factories.site_names(configuration)
        self.desired = DesiredState(
            self.identity, site_names, files, self.writer, fleet.trial_s, self.counters, self.errors, parts, utc_ms=self.site.utc_ms
        )
        self.poll = DesiredPoll(self.api, self.desired, fleet, factories.fleet_backoff(fleet, random), self.counters, self.errors)
        self.uplink.sender.on_receipt = self.desired.receipt

    def _alarms(self) -> None:
        """Rules, and what they act on."""
        counters, errors = self.counters, self.errors
        outputs = {name: make_output(words) for name, words in self.configuration.outputs.items()}
        self.switchboard = Switchboard(outputs, counters, errors)
        self.hooks = Hooks(self.configuration.hooks, counters, errors)
        self.faster = FasterRequests()
        self.actions = Actions(self.switchboard, self.hooks, self.faster, counters)
        self.evaluation = Evaluation(self.writer, self.actions, counters, errors, self.site)
        self.writer.on_thread = self.evaluation.committed
        self.reception.on_stored = self.writer.on_said = self._stored

    def _shown(self) -> None:
        """What people, Prometheus and systemd are told."""
        fleet = self.configuration.fleet
        self.snapshot = Snapshot(
            self.identity.gateway, self.mqtt, self.api.passage, self.desired, self.site, self.budget, self.reception, self.intake,
            self.settings, self.sources, self.evaluation, self.switchboard,
        )  # fmt: skip
        self.announcer = Announcer(self.writer, self.site, clock.monotonic_s())
        self.health = HealthRecorder(self.writer, self.counters, self.errors, self.snapshot.take, self.site.utc_ms)
        self.upkeep = BufferUpkeep(self.writer, self.counters, self.configuration.buffer, self.site)
        self.systemd = Systemd.of_environment()
        self.watchdog = Watchdog(self.systemd, self.writer, self.counters, fleet.retry_after_cap_s + fleet.timeout_s)
        self.web = self._web() if self.configuration.web.port else None

    def _take_nodes(self, desired: Desired) -> None:
        now_s = clock.monotonic_s()
        self.intake.know({node.node: node.key for node in desired.nodes}, now_s)
        self.settings.desire({node.node: (node.settings_version, node.settings) for node in desired.nodes}, now_s)
        self.reception.settings_moved.set()
        self.doorkeeper.set_nodes({node.node: node.key for node in desired.nodes})
        self.evaluation.take(desired)

    def _take_sources(self, desired: Desired) -> None:
        self.sources.desire(desired.sources)

    def _take_rules(self, desired: Desired) -> None:
        self.evaluation.take(desired)

    def _take_settings(self, desired: Desired) -> None:
        fleet, asked = self.configuration.fleet, desired.settings
        self.poll.report_interval_s = asked.get("report_interval_s", fleet.report_interval_s)
        self.desired.limit_s = asked.get("trial_s", fleet.trial_s)
        self.uplink.cap_history(asked.get("history_bytes_per_s", fleet.history_bytes_per_s))

    def _stored(self) -> None:
        self.evaluation.wake()
        self.uplink.wake()

    def _web(self) -> LocalServer:
        section, budget_bytes = self.configuration.web, self.configuration.buffer.budget_bytes

        def last_reports() -> dict[str, bytes]:
            return {node: heard.report for node, heard in self.reception.heard.items() if heard.report is not None}

        status = LiveStatus(
            self.configuration.state,
            budget_bytes,
            self.counters,
            self.site.utc_ms,
            self.snapshot.take,
            last_reports,
            self.sources.last_rows,
        )
        return LocalServer(section, status, self.counters, PinCheck(section.pin), self._test_alarm)

    async def _test_alarm(self) -> None:
        self.switchboard.test(_TEST_S)
        await self.announcer.event("alarm_test", {"outputs": sorted(self.configuration.outputs)})


async def run(configuration: Configuration, identity: Identity) -> None:
    """The gateway, until SIGTERM or SIGINT. Raises StoreError when the buffer cannot be opened."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with factories.fleet_session(configuration.fleet) as session:
        gateway = Gateway(configuration, identity, session, SystemRandom())
        await gateway.start()
        _LOG.info("started", extra={"gateway": identity.gateway, "state": str(configuration.state)})
        await stop.wait()
        _LOG.info("stopping")
        await gateway.stop()
    _LOG.info("stopped")
