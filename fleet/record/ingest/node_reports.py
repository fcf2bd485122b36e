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
    nodes = {item.node for item, ledger in accepted if item.kind == messages.APPLIED or _may_show(item, ledger)}
    if not nodes:
        return
    known = settings_reports(connection, nodes)
    of_boards = [(item, ledger) for item, ledger in accepted if item.node in nodes and ledger.hardware == known[item.node].hardware]
    newest = _newest_with_version(of_boards, known)
    in_force = {item.node: item for item, ledger in of_boards if newest[ledger.id] == item.seq and _may_show(item, ledger)}
    news = [item for node, item in in_force.items() if known[node].in_force != item.version]
    replace_settings_reports(connection, [_in_force(item) for item in news])
    replace_settings_reports(connection, [_answer(item) for item in _answers(of_boards, known)], unless_older="answered_version")


def _newest_with_version(accepted: Accepted, known: dict[str, Any]) -> dict[int, int]:
    # Backlog arrives late and out of order: only the newest item of a boot that still runs shows what is in force. An item
    # without a version, or with one that cannot be, stands for the one before it.
    silent = {(ledger.id, item.seq) for item, ledger in accepted if item.version is None or not _can_be(item.version, known[item.node])}
    newest: dict[int, int] = {}
    for ledger in {ledger.id: ledger for _, ledger in accepted}.values():
        seq = ledger.highest
        while (ledger.id, seq) in silent:
            seq -= 1
        newest[ledger.id] = seq
    return newest


def _answers(accepted: Accepted, known: dict[str, Any]) -> list[Item]:
    # Offers are answered in the order of their versions; a late answer to an older one is of no use any more, and one to a version that
    # was never offered would hide all that follow.
    newest: dict[str, Item] = {}
    for item, _ in accepted:
        if item.kind != messages.APPLIED or not _can_be(_offered(item)["c"], known[item.node]):
            continue
        before = _offered(newest[item.node])["c"] if item.node in newest else known[item.node].answered_version
        if before is None or _offered(item)["c"] >= before:
            newest[item.node] = item
    return list(newest.values())


def _may_show(item: Item, ledger: Ledger) -> bool:
    return item.version is not None and ledger.ended_by is None


def _can_be(version: int, row: Any) -> bool:
    return bool(version <= row.settings_version + device_api.MAX_VERSIONS_AHEAD)


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
