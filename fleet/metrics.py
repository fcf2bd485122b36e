"""What Prometheus reads of the fleet service: every counter of the table, and a few states. docs/metrics.md is made from this."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fleet.alarms.alarm_list import unresolved_by_severity
from fleet.background import held, job_lane, outcomes, runner
from fleet.devices.gateway_list import heard_of
from fleet.http import answers, shared_answers
from fleet.people import open_requests
from fleet.store import dialect, reading
from host.exposition import Family
from host.listening import limits

PREFIX = "airgrid_fleet_"
ITEMS = "items"
REQUEST_SECONDS = "request_seconds"

# As they are counted since the start of the service: (label or "", meaning). What has a label is counted as "name.value of the label".
COUNTERS: dict[str, tuple[str, str]] = {
    ITEMS: ("result", "items that gateways delivered, each once answered: accepted, duplicate or refused"),
    "connections": ("reason", "; ".join(f"{reason}: {meaning}" for reason, meaning in limits.MEANINGS.items())),
    answers.CLIENTS_LEFT: ("", "clients that left before their answer"),
    answers.UNEXPECTED_ERRORS: ("", "requests that ended with a fault of the service; the log has each"),
    open_requests.ACCESS_ENDED: ("", "requests that were cut off because their access had ended"),
    open_requests.ACCESS_UNJUDGED: ("", "times that the store did not say in time whether access had ended"),
    reading.READERS_REFUSED: ("", "requests of people that were refused because too many were read for"),
    reading.READS_TOO_SLOW: ("", "readings that were ended because they took too long"),
    shared_answers.SHARED_MADE: ("", "answers made for all who ask for the same page"),
    shared_answers.SHARED_GIVEN: ("", "times that such an answer was given"),
    shared_answers.SHARED_REFUSED: ("", "times that no such answer could be made in time"),
    runner.FAILED: ("", "failures of the work in the background"),
    runner.WORK_FAILED: ("work", "failures of one work in the background"),
    runner.LEASES_LOST: ("", "times that another process took over the work in the background"),
    job_lane.JOBS_FAILED: ("", "jobs that failed"),
    held.LONG_WRITES: ("", "steps of the background that held up others who write"),
}
GAUGES: dict[str, tuple[str, str]] = {
    "uptime_seconds": ("", "since the service started"),
    "ready": ("part", "1 while this part of the service can do its work, as /readyz says"),
    "documents_held": ("", "1 while no document is given to gateways, after the record was put back"),
    "store_bytes": ("", "size of the record; of SQLite with its log"),
    "gateway_heard_seconds": ("gateway", "since this gateway was heard of; absent: never"),
    "alarms_unresolved": ("severity", "alarms that are not resolved"),
    "background_done_seconds": ("work", "since this work was last done; absent: never"),
    "background_failures_in_a_row": ("work", "since it was last done"),
}


@dataclass(frozen=True)
class State:
    """Of the process, beside what the store has. file_bytes: of the record where it is a file of this machine, else None."""

    counts: Mapping[str, int]
    faults: Mapping[str, str | None]
    started_ms: int
    now_ms: int
    documents_held: bool
    file_bytes: int | None


def read_gauges(connection: Connection, state: State) -> dict[str, Mapping[str, float]]:
    """Every gauge, by label."""
    works = outcomes.outcomes(connection)
    return {
        "uptime_seconds": {"": (state.now_ms - state.started_ms) / 1000},
        "ready": {part: float(fault is None) for part, fault in state.faults.items()},
        "documents_held": {"": float(state.documents_held)},
        "store_bytes": {"": dialect.size_bytes(connection) if state.file_bytes is None else state.file_bytes},
        "gateway_heard_seconds": {gateway: (state.now_ms - seen_ms) / 1000 for gateway, _, seen_ms in heard_of(connection)},
        "alarms_unresolved": unresolved_by_severity(connection),
        "background_done_seconds": {work.name: (state.now_ms - work.done_ms) / 1000 for work in works if work.done_ms is not None},
        "background_failures_in_a_row": {work.name: work.failures for work in works},
    }


def families(counts: Mapping[str, int], gauges: Mapping[str, Mapping[str, float]]) -> Iterator[Family]:
    for name, (label, meaning) in COUNTERS.items():
        yield Family(PREFIX + name, meaning, label, _counted(counts, name, label), counts=True)
    for name, (label, meaning) in GAUGES.items():
        yield Family(PREFIX + name, meaning, label, gauges[name])


def _counted(counts: Mapping[str, int], name: str, label: str) -> dict[str, float]:
    if not label:
        return {"": counts.get(name, 0)}
    return {key.removeprefix(f"{name}."): count for key, count in counts.items() if key.startswith(f"{name}.")}
