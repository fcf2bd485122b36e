"""What the pages read of the store: one function for each page. Decides nothing about what is shown."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet.configuration import node_settings
from fleet.devices import gateway_list
from fleet.devices.gateway_list import GatewayView
from fleet.places import sites
from fleet.record import alarms, event_list, latest, ledger_view, node_list, refusals
from fleet.record.alarms import Alarm, AlarmFilter
from fleet.record.current_nodes import CurrentNodes, CurrentNodesReader
from fleet.record.event_list import Event, EventFilter
from fleet.record.latest import LatestValue
from fleet.record.ledger_view import BootLedger
from fleet.record.node_list import NodeView

MOST_ALARMS = 20
MOST_PAST_ALARMS = 100
MOST_EVENTS = 30
# How long the arrival of an alarm test is shown.
TEST_SHOWN_MS = 600_000
TEST_EVENT = "alarm_test"


@dataclass(frozen=True, slots=True)
class District:
    """alarms: open ones, the newest first, at most one more than MOST_ALARMS. tests: of the alarm, that arrived just now."""

    current: CurrentNodes
    places: dict[str, str]
    alarms: list[Alarm]
    tests: list[Event]


@dataclass(frozen=True, slots=True)
class OneNode:
    """boot: the newest one; missing: items of all boots. parts: by slot, as far as its desired settings name them. faults: with which it
    refused its settings."""

    node: NodeView
    latest: list[LatestValue]
    places: dict[str, str]
    alarms: list[Alarm]
    events: list[Event]
    parts: dict[int, str]
    faults: list[str]
    boot: BootLedger | None
    missing: int


@dataclass(frozen=True, slots=True)
class OneGateway:
    """current: of its own nodes."""

    gateway: GatewayView
    current: CurrentNodes
    places: dict[str, str]
    alarms: list[Alarm]
    events: list[Event]


@dataclass(frozen=True, slots=True)
class Alarms:
    open: list[Alarm]
    past: list[Alarm]
    places: dict[str, str]


def district(connection: Connection, reader: CurrentNodesReader, now_ms: int) -> District:
    current = reader.read(connection)
    tests = event_list.events(connection, EventFilter(kind=TEST_EVENT, from_ms=now_ms - TEST_SHOWN_MS), MOST_ALARMS).events
    return District(
        current,
        places(connection),
        alarms.alarms(connection, AlarmFilter(state="open"), MOST_ALARMS + 1),
        tests,
    )


def places(connection: Connection) -> dict[str, str]:
    """The names of sites, by id."""
    return {site.id: site.name for site in sites.sites(connection)}


def one_node(connection: Connection, now_ms: int, name: str) -> OneNode:
    """Raises NotFoundError."""
    node = node_list.node(connection, name)
    newest = latest.latest(connection, now_ms, name)
    settings = None if node.station else node_settings.read(connection, name)
    boots = ledger_view.read(connection, name).boots
    missing = sum(last - first + 1 for boot in boots for first, last in boot.missing)
    refused = settings is not None and settings.state == "refused" and settings.reported is not None
    return OneNode(
        node,
        newest[0].channels if newest else [],
        places(connection),
        alarms.alarms(connection, AlarmFilter(state="open", node=name), MOST_ALARMS),
        event_list.events(connection, EventFilter(node=name), MOST_EVENTS).events,
        {sensor["slot"]: sensor["part"] for sensor in (settings.desired.settings if settings else {}).get("sensors", [])},
        settings.reported.faults if settings and settings.reported and refused else [],
        boots[-1] if boots else None,
        missing,
    )


def one_gateway(connection: Connection, reader: CurrentNodesReader, name: str) -> OneGateway:
    """Raises NotFoundError."""
    found = gateway_list.gateway(connection, refusals.by_gateway(connection), name)
    everywhere = reader.read(connection)
    nodes = [node for node in everywhere.nodes if node.gateway == name]
    ids = {node.id for node in nodes}
    return OneGateway(
        found,
        CurrentNodes(everywhere.at_ms, nodes, [newest for newest in everywhere.latest if newest.node in ids]),
        places(connection),
        alarms.alarms(connection, AlarmFilter(state="open", gateway=name), MOST_ALARMS),
        event_list.events(connection, EventFilter(gateway=name), MOST_EVENTS).events,
    )


def all_alarms(connection: Connection) -> Alarms:
    return Alarms(
        alarms.alarms(connection, AlarmFilter(state="open"), MOST_PAST_ALARMS),
        alarms.alarms(connection, AlarmFilter(state="past"), MOST_PAST_ALARMS),
        places(connection),
    )
