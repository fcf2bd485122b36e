"""Nodes and gateways that go elsewhere. What was measured stays with the place where it was; what comes later belongs to the new one.

A node that goes to another gateway leaves the list of the old one and enters that of the new one, with its key and its settings, in one
transaction. What the old gateway holds of it is still taken from there.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from contract.faults import MISSING, Fault
from fleet.devices.gateways import is_retired, lock_gateway_and_place, require_gateway_in_use
from fleet.devices.nodes import lock_node
from fleet.devices.registration import Consequences
from fleet.devices.tables import gateway as gateway_table
from fleet.errors import InvalidError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places.deployment_rows import begin_deployment, end_deployment, go_on_under, history_of, lock_present, standing_under
from fleet.places.deployments import Deployment
from fleet.places.sites import lock_site


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """None: as it is."""

    site: str | None = None
    gateway: str | None = None


class _Place(NamedTuple):
    node: str
    site: str
    gateway: str


def move_node(connection: Connection, act: Act, consequences: Consequences, node: str, wanted: Whereabouts) -> dict[str, int]:
    """The documents that were issued for it: gateway -> version. One that is not deployed any more, because another took its place, is
    deployed again.

    Raises NotFoundError, RetiredError; InvalidError when it is there already, and when the configuration of the gateway that it leaves
    names it.
    """
    lock_node(connection, node)
    present = lock_present(connection, node)
    last = present or history_of(connection, node)[-1]
    site, gateway = wanted.site or last.site, wanted.gateway or last.gateway
    if present is not None and (site, gateway) == (present.site, present.gateway):
        raise InvalidError(Fault((), f"another site than {present.site}, or another gateway than {present.gateway}", MISSING))
    lock_site(connection, site)
    require_gateway_in_use(connection, gateway)
    leaves = None if present is None or present.gateway == gateway or is_retired(connection, present.gateway) else present.gateway
    if leaves is not None:
        consequences.hand_over(connection, act, leaves, node, None)
    _deploy_anew(connection, act, consequences, present, _Place(node, site, gateway))
    before = {"site": last.site, "gateway": last.gateway, "deployed": present is not None}
    after = {"site": site, "gateway": gateway, "deployed": True}
    changed = [key for key in after if before[key] != after[key]]
    audit.record_change(connection, act, "node_moved", node, {key: before[key] for key in changed}, {key: after[key] for key in changed})
    comes = present is None or present.gateway != gateway
    issued = [name for name in {leaves, gateway if comes else None} if name is not None]
    return {name: consequences.issue(connection, name, act.now_ms) for name in sorted(issued)}


def change_gateway(connection: Connection, act: Act, consequences: Consequences, gateway: str, site: str | None, notes: str | None) -> None:
    """Corrects the notes on a gateway, or moves it to another site, with what it measures itself. Its nodes stay where they are.

    Raises NotFoundError, RetiredError; InvalidError when nothing is wanted.
    """
    row, present = lock_gateway_and_place(connection, gateway)
    wanted = {key: value for key, value in (("site_id", site), ("notes", notes)) if value is not None}
    if not wanted:
        raise InvalidError(Fault((), "at least one of site, notes", MISSING))
    changed = {key: value for key, value in wanted.items() if getattr(row, key) != value}
    if site is not None and "site_id" in changed:
        lock_site(connection, site)
        if present is not None and present.gateway == gateway:
            _deploy_anew(connection, act, consequences, present, _Place(gateway, site, gateway))
    connection.execute(update(gateway_table).where(gateway_table.c.id == gateway).values(wanted))
    before = {_KEYS[key]: getattr(row, key) for key in changed}
    audit.record_change(connection, act, "gateway_changed", gateway, before, {_KEYS[key]: value for key, value in changed.items()})


def site_warnings(connection: Connection, gateway: str, node: str | None = None) -> list[str]:
    """Nodes of the gateway, or only this one, that stand at another site than it does: right where they do, and else to be corrected."""
    site = connection.execute(select(gateway_table.c.site_id).where(gateway_table.c.id == gateway)).scalar_one()
    elsewhere = [one for one in standing_under(connection, gateway) if one.site != site and node in (None, one.node)]
    return [f"node {one.node} is at site {one.site}, its gateway {gateway} at site {site}" for one in elsewhere]


_KEYS = {"site_id": "site", "notes": "notes"}


def _deploy_anew(connection: Connection, act: Act, consequences: Consequences, present: Deployment | None, new: _Place) -> None:
    if present is None:
        begin_deployment(connection, new.node, new.site, new.gateway, act.now_ms)
        return
    from_ms = end_deployment(connection, present, act.now_ms)
    if present.site == new.site:
        go_on_under(connection, present, new.gateway, from_ms)
    else:
        begin_deployment(connection, new.node, new.site, new.gateway, from_ms)
        consequences.move_values(connection, new.node, from_ms)
