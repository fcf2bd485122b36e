"""Parts of the gateway that take several keys of the configuration to build. wiring.py connects what they give."""

from random import Random, SystemRandom

import aiohttp

from gateway.backoff import Backoff
from gateway.carriers.intake_queue import IntakeQueue
from gateway.carriers.mqtt import BrokerAccount, MqttCarrier
from gateway.carriers.outgoing_queue import OutgoingQueue
from gateway.configuration import Configuration, FleetSection, WebSection
from gateway.counters import Counters
from gateway.desired.document import SiteNames
from gateway.error_log import ErrorLog
from gateway.gather_window import GatherWindow
from gateway.intake.intake import Intake
from gateway.store.site.dating import Limits as DatingLimits
from gateway.store.store import StoreOpener
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.retry_gate import RetryGate
from gateway.uplink.sender import Sender
from gateway.uplink.tls import fleet_context
from gateway.uplink.uplink import Uplink
from host.listening.descriptors import connections_within, soft_limit
from host.listening.limits import Limits
from host.listening.listener import BACKLOG

_CONNECT_S = 5.0
_SENDING_TASKS = 3
# For the buffer, broker, fleet, serial lines, pins and programs of alarms: four times of what a site with everything has open.
_DESCRIPTORS_KEPT = 256


def site_time(configuration: Configuration, clock: Clock) -> SiteTime:
    section = configuration.gateway
    return SiteTime(clock, section.clock_error_ms, trusts_system=section.clock == "system")


def telemetry(configuration: Configuration, site: SiteTime) -> Telemetry:
    counters = Counters()
    return Telemetry(counters, ErrorLog(configuration.limits.error_lines, counters, site.utc_ms))


def intake(configuration: Configuration, counters: Counters) -> Intake:
    limits = configuration.limits
    return Intake(counters, per_s=limits.node_messages_per_s, burst=limits.node_burst_messages, unknown_limit=limits.unknown_nodes)


def writer(configuration: Configuration, gateway: str, site: SiteTime, telemetry: Telemetry, random: Random) -> Writer:
    section, buffer = configuration.gateway, configuration.buffer
    limits = DatingLimits(section.clock_error_ms, section.drift_ppm, 1000 * section.undated_age_s)
    opener = StoreOpener(configuration.state, limits, buffer.budget_bytes, gateway)
    window = GatherWindow(buffer.commit_window_ms / 1000, buffer.commit_least_ms / 1000)
    return Writer(opener, window, Backoff(0.1, 5.0, 60.0, random), buffer.pending_rows, site, telemetry)


def site_names(configuration: Configuration) -> SiteNames:
    return SiteNames(*(frozenset(names) for names in (configuration.outputs, configuration.hooks, configuration.ports)))


def mqtt(configuration: Configuration, gateway: str, clock: Clock, telemetry: Telemetry, random: Random) -> MqttCarrier:
    section, limits, counters = configuration.mqtt, configuration.limits, telemetry.counters
    queue = IntakeQueue(counters, messages=limits.queue_messages, bytes_=limits.queue_bytes, share_percent=limits.queue_share_percent)
    backoff = Backoff(section.backoff_first_ms / 1000, section.backoff_cap_ms / 1000, section.backoff_stable_s, random)
    outgoing = OutgoingQueue(limits.outbox_messages, counters)
    return MqttCarrier(BrokerAccount(section, f"airgrid-gateway-{gateway}"), queue, outgoing, backoff, clock, telemetry)


def page_limits(section: WebSection) -> Limits:
    places = connections_within(soft_limit(), _DESCRIPTORS_KEPT, BACKLOG, section.connections)
    return Limits(places, min(places, section.address_connections), first_s=10, head_s=5, body_s=5, idle_s=15, not_taken_s=20)


def fleet_session(section: FleetSection) -> aiohttp.ClientSession:
    # Every task has at most one request under way, so with more connections than tasks none waits for that of another.
    connector = aiohttp.TCPConnector(limit=16, ssl=fleet_context(section))
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S))


def fleet_api(session: aiohttp.ClientSession, section: FleetSection, token: str, site: SiteTime, random: Random) -> FleetApi:
    gate = RetryGate(fleet_backoff(section, random), section.backoff_cap_ms / 1000, random)
    link = FleetLink(section.url, gate, section.retry_after_cap_s, site.clock)
    return FleetApi(session, section.url, token, section.timeout_s, link, site)


def one_question_api(session: aiohttp.ClientSession, section: FleetSection, token: str, clock: Clock) -> FleetApi:
    """For a command that asks once and keeps no time."""
    return fleet_api(session, section, token, SiteTime(clock, 0, trusts_system=True), SystemRandom())


def fleet_backoff(section: FleetSection, random: Random) -> Backoff:
    return Backoff(section.backoff_first_ms / 1000, section.backoff_cap_ms / 1000, section.backoff_stable_s, random)


def uplink(sender: Sender, writer: Writer, section: FleetSection, clock: Clock, telemetry: Telemetry, random: Random) -> Uplink:
    backoffs = [fleet_backoff(section, random) for _ in range(_SENDING_TASKS)]
    return Uplink(sender, writer, section, backoffs, clock, telemetry)
