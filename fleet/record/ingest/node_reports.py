"""What the items of a request report of the settings of their nodes: the version in force, and answers to offers."""

import json
from typing import Any

from sqlalchemy import Connection

from contract import messages
from contract.site import device_api
from fleet.devices.nodes import replace_settings_reports, settings_reports
from fleet.record.ingest.items import Item
from fleet.record.ingest.ledger import Ledger

Accepted = list[tuple[Item, Ledger]]


def record_reports(connection: Connection, accepted: Accepted) -> None:
    """accepted: the accepted items, in order, with their ledgers as they stand after all of them."""
    newest = _newest_with_version(accepted)
    in_force = {item.node: (item, ledger) for item, ledger in accepted if newest[ledger.id] == item.seq and ledger.ended_by is None}
    answers = {item.node: (item, ledger) for item, ledger in accepted if item.kind == messages.APPLIED}
    if not in_force and not answers:
        return
    known = settings_reports(connection, in_force.keys() | answers.keys())
    news = [item for item, ledger in in_force.values() if _is_news(item, ledger, known[item.node])]
    current = [item for item, ledger in answers.values() if _is_current(item, ledger, known[item.node])]
    replace_settings_reports(connection, [_in_force(item) for item in news])
    replace_settings_reports(connection, [_answer(item) for item in current])


def _newest_with_version(accepted: Accepted) -> dict[int, int]:
    # Backlog arrives late and out of order: only the newest item of a boot that still runs shows what is in force. An item
    # without a version stands for the one before it.
    silent = {(ledger.id, item.seq) for item, ledger in accepted if item.version is None}
    newest: dict[int, int] = {}
    for ledger in {ledger.id: ledger for _, ledger in accepted}.values():
        seq = ledger.highest
        while (ledger.id, seq) in silent:
            seq -= 1
        newest[ledger.id] = seq
    return newest


def _is_news(item: Item, ledger: Ledger, row: Any) -> bool:
    return bool(ledger.hardware == row.hardware and row.in_force != item.version)


def _is_current(item: Item, ledger: Ledger, row: Any) -> bool:
    # Offers are answered in the order of their versions; a late answer to an older one is of no use any more, and one to a version that
    # was never offered would hide all that follow.
    version = _offered(item)["c"]
    if ledger.hardware != row.hardware or version > row.settings_version + device_api.MAX_VERSIONS_AHEAD:
        return False
    return row.answered_version is None or bool(version >= row.answered_version)


def _in_force(item: Item) -> dict[str, Any]:
    return {"node_id": item.node, "in_force": item.version, "in_force_ms": item.start_ms}


def _answer(item: Item) -> dict[str, Any]:
    fields = _offered(item)
    return {
        "node_id": item.node,
        "answered_version": fields["c"],
        "answered_ok": fields["ok"],
        "answered_faults": json.dumps(fields["f"]),
        "answered_ms": item.start_ms,
    }


def _offered(item: Item) -> dict[str, Any]:
    return item.fields or {}
