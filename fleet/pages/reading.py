"""What single pages read of the store, beside what all of them share (district.py). Decides nothing about what is shown."""

from dataclasses import dataclass

from sqlalchemy import Connection

from fleet.alarms import alarm_list as alarms
from fleet.alarms.alarm_list import Alarm, AlarmFilter
from fleet.configuration import node_settings
from fleet.devices import gateway_list
from fleet.devices.gateway_list import GatewayView
from fleet.places import sites
from fleet.record import event_list, latest, ledger_view, node_list, refusals
from fleet.record.event_list import Event, EventFilter
from fleet.record.latest import LatestValue
from fleet.record.ledger_view import NewestBoots
from fleet.record.node_list import NodeView

MOST_ALARMS = 20
MOST_PAST_ALARMS = 100
MOST_EVENTS = 30
# Of which missing items are counted.
MOST_BOOTS = 100


@dataclass(frozen=True, slots=True)
class OneNode:
    """parts: by slot, as far as its desired settings name them. faults: with which it refused its settings."""

    node: NodeView
    latest: list[LatestValue]
    places: dict[str, str]
    alarms: list[Alarm]
    events: list[Event]
    parts: dict[int, str]
    faults: list[str]
    boots: NewestBoots


@dataclass(frozen=True, slots=True)
class OneGateway:
    gateway: GatewayView
    alarms: list[Alarm]
    events: list[Event]


@dataclass(frozen=True, slots=True)
class Alarms:
    open: list[Alarm]
    past: list[Alarm]
    places: dict[str, str]


def one_node(connection: Connection, now_ms: int, name: str) -> OneNode:
    """Raises NotFoundError."""
    node = node_list.node(connection, name)
    newest = latest.latest(connection, now_ms, name)
    settings = None if node.station else node_settings.read(connection, name)
    open_alarms = alarms.alarms(connection, AlarmFilter(state="open", node=name), MOST_ALARMS)
    refused = settings is not None and settings.state == "refused" and settings.reported is not None
    return OneNode(
        node,
        newest[0].channels if newest else [],
        _places(connection, open_alarms),
        open_alarms,
        event_list.events(connection, EventFilter(node=name), MOST_EVENTS).events,
        {sensor["slot"]: sensor["part"] for sensor in (settings.desired.settings if settings else {}).get("sensors", [])},
        settings.reported.faults if settings and settings.reported and refused else [],
        ledger_view.read_newest(connection, name, MOST_BOOTS),
    )


def one_gateway(connection: Connection, name: str) -> OneGateway:
    """Raises NotFoundError."""
    return OneGateway(
        gateway_list.gateway(connection, refusals.by_gateway(connection, name), name),
        alarms.alarms(connection, AlarmFilter(state="open", gateway=name), MOST_ALARMS),
        event_list.events(connection, EventFilter(gateway=name), MOST_EVENTS).events,
    )


def all_alarms(connection: Connection) -> Alarms:
    open_alarms = alarms.alarms(connection, AlarmFilter(state="open"), MOST_PAST_ALARMS)
    past = alarms.alarms(connection, AlarmFilter(state="past"), MOST_PAST_ALARMS)
    return Alarms(open_alarms, past, _places(connection, [*open_alarms, *past]))


def _places(connection: Connection, shown: list[Alarm]) -> dict[str, str]:
    """The names of their sites, by id."""
    return sites.names(connection, {one.site for one in shown})
