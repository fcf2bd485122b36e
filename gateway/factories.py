"""Parts of the gateway that take several keys of the configuration to build. wiring.py connects what they give."""

import asyncio
from random import Random

import aiohttp

from gateway.backoff import Backoff
from gateway.carriers.intake_queue import IntakeQueue
from gateway.carriers.mqtt import MqttCarrier
from gateway.configuration import Configuration, FleetSection
from gateway.counters import Counters
from gateway.desired.document import SiteNames
from gateway.error_log import ErrorLog
from gateway.gather_window import GatherWindow
from gateway.identity import Identity
from gateway.process.supervision import Supervision
from gateway.reception.reception import Reception
from gateway.sources.kinds import SourceContext
from gateway.sources.source_supervisor import SourceSupervisor
from gateway.sources.track_keeper import TrackKeeper
from gateway.station.publisher import StationPublisher
from gateway.store.site.dating import Limits
from gateway.store.store import StoreOpener
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.retry_gate import RetryGate
from gateway.uplink.sender import Sender
from gateway.uplink.tls import fleet_context
from gateway.uplink.uplink import Uplink

_CONNECT_S = 5.0


def writer(
    configuration: Configuration, identity: Identity, site: SiteTime, counters: Counters, errors: ErrorLog, random: Random
) -> Writer:
    gateway, buffer = configuration.gateway, configuration.buffer
    limits = Limits(gateway.clock_error_ms, gateway.drift_ppm, 1000 * gateway.undated_age_s)
    return Writer(
        StoreOpener(configuration.state, limits, buffer.budget_bytes, identity.gateway),
        GatherWindow(buffer.commit_window_ms / 1000, buffer.commit_least_ms / 1000),
        Backoff(0.1, 5.0, 60.0, random),
        counters,
        errors,
        buffer.pending_rows,
        site.now,
    )


def site_names(configuration: Configuration) -> SiteNames:
    return SiteNames(*(frozenset(names) for names in (configuration.outputs, configuration.hooks, configuration.ports)))


def mqtt(configuration: Configuration, identity: Identity, counters: Counters, errors: ErrorLog, random: Random) -> MqttCarrier:
    section, limits = configuration.mqtt, configuration.limits
    queue = IntakeQueue(counters, messages=limits.queue_messages, bytes_=limits.queue_bytes, share_percent=limits.queue_share_percent)
    backoff = Backoff(section.backoff_first_ms / 1000, section.backoff_cap_ms / 1000, section.backoff_stable_s, random)
    return MqttCarrier(section, f"airgrid-gateway-{identity.gateway}", queue, limits.outbox_messages, backoff, counters, errors)


def fleet_session(section: FleetSection) -> aiohttp.ClientSession:
    # Every task has at most one request under way, so with more connections than tasks none waits for that of another.
    connector = aiohttp.TCPConnector(limit=16, ssl=fleet_context(section))
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S))


def fleet_passage(section: FleetSection, random: Random) -> FleetLink:
    gate = RetryGate(fleet_backoff(section, random), section.backoff_cap_ms / 1000, random)
    return FleetLink(section.url, gate, section.retry_after_cap_s)


def fleet_backoff(section: FleetSection, random: Random) -> Backoff:
    return Backoff(section.backoff_first_ms / 1000, section.backoff_cap_ms / 1000, section.backoff_stable_s, random)


def uplink(
    configuration: Configuration,
    api: FleetApi,
    writer: Writer,
    site: SiteTime,
    clock_is_usable: asyncio.Event,
    counters: Counters,
    errors: ErrorLog,
    random: Random,
) -> Uplink:
    sender = Sender(api, writer, site, clock_is_usable, counters, errors)
    of_lanes = [fleet_backoff(configuration.fleet, random) for _ in range(3)]
    return Uplink(sender, writer, configuration.fleet, of_lanes, counters, errors)


def sources(
    configuration: Configuration,
    reception: Reception,
    writer: Writer,
    supervision: Supervision,
    site: SiteTime,
    counters: Counters,
    errors: ErrorLog,
) -> SourceSupervisor:
    around = SourceContext(
        StationPublisher(writer, counters, site), TrackKeeper(writer, counters, site.utc_ms), reception.deliver, counters
    )
    return SourceSupervisor(configuration.ports, around, supervision, errors)
