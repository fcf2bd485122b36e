"""The district as all pages share it: read once for all who look within a moment, whatever they search for, in whichever language, on
whichever page. Decides nothing about what is shown.

What is committed after a reading began is in the next one, whenever it is dated.
"""

from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection

from fleet.alarms import alarm_list as alarms
from fleet.alarms.alarm_list import Alarm, AlarmFilter
from fleet.clock import Clock
from fleet.configuration import document_hold
from fleet.configuration.document_hold import Held
from fleet.pages import overview
from fleet.pages.grid import Grid, grid
from fleet.pages.overview import Standing
from fleet.places import areas, sites
from fleet.record import event_list, latest, node_list
from fleet.record.event_list import Event, EventFilter
from fleet.store.reading import Reader

KEPT_MS = 2000
MOST_ALARMS = 20
# How long the arrival of an alarm test is shown.
TEST_SHOWN_MS = 600_000
TEST_EVENT = "alarm_test"


@dataclass(frozen=True, slots=True)
class District:
    """at_ms: when it was read; ages are as of then. quantities: keys of all that any node has ever measured. places: names of sites, by id.
    grid: the areas, with these sites. alarms: open ones, the newest first, at most one more than MOST_ALARMS. tests: of the alarm, that
    arrived just now. held: why gateways get no documents, where they get none."""

    at_ms: int
    nodes: list[Standing]
    quantities: frozenset[str]
    places: dict[str, str]
    grid: Grid
    alarms: list[Alarm]
    tests: list[Event]
    held: Held | None


class DistrictReader:
    def __init__(self, clock: Clock, reader: Reader) -> None:
        self._clock = clock
        self._reader = reader
        self._lock = Lock()
        self._kept: District | None = None
        self._until_ms = 0

    def read(self) -> District:
        """In a thread of the reader. Not older than KEPT_MS, or begun when it was asked for: of those who ask at once one reads, and the
        others wait for it and take it."""
        asked_ms = self._clock.monotonic_ms()
        with self._lock:
            if self._kept is None or asked_ms >= self._until_ms:
                now_ms, began_ms = self._clock.utc_ms(), self._clock.monotonic_ms()
                self._kept = self._reader.read_here(lambda connection: _district(connection, now_ms))
                self._until_ms = max(began_ms + KEPT_MS, self._clock.monotonic_ms() + 1)
            return self._kept


def _district(connection: Connection, now_ms: int) -> District:
    newest = latest.latest(connection, now_ms)
    all_sites = sites.sites(connection)
    return District(
        now_ms,
        overview.standings(node_list.nodes(connection), newest, now_ms),
        frozenset(channel.quantity for of_node in newest for channel in of_node.channels),
        {site.id: site.name for site in all_sites},
        grid(
            areas.all_areas(connection),
            {site.id: site.area for site in all_sites},
            {site.id for site in all_sites if site.kind == sites.MOBILE},
        ),
        alarms.alarms(connection, AlarmFilter(state="open"), MOST_ALARMS + 1),
        event_list.events(connection, EventFilter(kind=TEST_EVENT, from_ms=now_ms - TEST_SHOWN_MS), MOST_ALARMS).events,
        document_hold.held(connection),
    )
