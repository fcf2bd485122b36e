"""Raises and ends the alarms of the service itself: each time it looks, what is found and what is open are made the same."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, insert, select, update

from fleet.alarms import steps
from fleet.alarms.lifecycle import Handling
from fleet.alarms.steps import Wanted
from fleet.alarms.tables import alarm as table
from fleet.alarms.watches import SERVICE_SLOT, Facts, Found, Heard, found, undecided
from fleet.background import jobs, outcomes
from fleet.background.held import Turn
from fleet.background.periodic import Periodic
from fleet.devices.gateway_list import heard_of
from fleet.people import chain_check

_EVERY_S = 30.0
# The record of changes is verified so often; it is read whole, in pieces.
_VERIFIED_EVERY_MS = 86_400_000
# When it never was: not at once, which has enough to do.
_FIRST_VERIFIED_MS = 600_000
_SERVICE = "service"


def watching(started_ms: int) -> Periodic:
    """started_ms: when this service began."""

    def look(turn: Turn) -> bool:
        facts = turn.read(lambda connection: _facts(connection, turn.now_ms, started_ms))
        due = turn.read(lambda connection: _is_due(connection, turn.now_ms, started_ms))
        turn.write(lambda connection: settle(connection, list(found(facts)), undecided(facts), turn.now_ms))
        if due:
            turn.write(lambda connection: jobs.ask(connection, chain_check.KIND, _SERVICE, {}, turn.now_ms))
        return False

    return Periodic("watches", _EVERY_S, look)


def settle(connection: Connection, lasting: Sequence[Found], unknown: Collection[tuple[str, str]], now_ms: int) -> None:
    """lasting: all faults there are now. New ones are raised, those that are over are ended. unknown: (rule, gateway) of those of which
    nobody can say whether they last: they stay as they are."""
    columns = table.c
    is_open = columns.slot == SERVICE_SLOT, columns.cleared_ms.is_(None)
    rows = connection.execute(select(columns.id, columns.rule, columns.gateway_id).where(*is_open)).all()
    known = {(row.rule, row.gateway_id): row.id for row in rows}
    for one in lasting:
        if known.pop((one.watch.rule, one.gateway), None) is None:
            _raise(connection, one, now_ms)
    over_ids = [id_ for (rule, gateway), id_ in known.items() if (rule, gateway) not in unknown]
    if over_ids:
        over = columns.id.in_(over_ids)
        connection.execute(update(table).where(over).values(cleared_ms=now_ms, cleared_by="condition"))
        steps.end_cleared(connection, over, now_ms)


def _raise(connection: Connection, one: Found, now_ms: int) -> None:
    subject = {"gateway_id": one.gateway, "site_id": one.site, "rule": one.watch.rule, "node_id": "", "slot": SERVICE_SLOT, "quantity": ""}
    same = [table.c[name] == value for name, value in subject.items() if name != "site_id"]
    # Raised again without any news in between, as when its gateway was retired meanwhile: another alarm all the same.
    taken = connection.execute(select(table.c.id).where(*same, table.c.since_ms == one.since_ms)).first()
    judged = {"severity": one.watch.severity, "value": one.value, "limit": one.watch.limit, "scale": 1, "unit": one.watch.unit}
    row = {**subject, **judged, "since_ms": now_ms if taken else one.since_ms, "raised_ms": now_ms, "version": 0}
    id_ = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
    steps.note(connection, id_, Wanted("raised", now_ms), Handling())


def _facts(connection: Connection, now_ms: int, started_ms: int) -> Facts:
    heard = [Heard(*one) for one in heard_of(connection)]
    worst = max(outcomes.outcomes(connection), key=lambda one: one.failures, default=outcomes.Outcome(""))
    judged = jobs.last_with_result(connection, chain_check.KIND)
    broken_ms = judged.ended_ms if judged and judged.state == "failed" else None
    return Facts(now_ms, started_ms, heard, worst.failures, worst.failed_ms or now_ms, broken_ms)


def _is_due(connection: Connection, now_ms: int, started_ms: int) -> bool:
    last = jobs.last_ended(connection, chain_check.KIND)
    return now_ms - (last.ended_ms or 0) >= _VERIFIED_EVERY_MS if last else now_ms - started_ms >= _FIRST_VERIFIED_MS
