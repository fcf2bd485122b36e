"""What was where, and when: which deployment a moment belongs to, and which position at its site a slot has. Pure.

A deployment is one node at one site, from when to when. A position is a number of a site, from 1 on: the place of one sensor, whose
series goes on when the sensor is exchanged. A slot of a deployment is given its position the first time that something of it arrives:
that of its predecessor where the node replaces another, else the lowest that the site has never given.

    position 1   n-1 slot 0 ───────┤ n-2 slot 0 ───────┤ n-3 slot 0 ──────▶
    position 2   the gateway's own instrument ────────────────────────────▶
    position 3   n-1 slot 0, dated at a time when n-2 was there already

A node that goes to another gateway and stays where it is goes on with its own positions: to them that is another deployment, which
replaces the one before. A node that goes to another site begins with new positions there.

No position has two sensors at a time. What a node reports of a time outside its deployment goes to a position of its own (`outside`):
it is not lost, and not taken for the sensor that was there. A node without a predecessor has its positions since ever, because
the times of its first reports may be known by bounds only, and its positions were empty before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Deployment:
    """to_ms: None while it lasts. replaces: the id of the deployment whose positions it took over, of the same node or of another.
    node_from_ms: since when the node has had these positions without a break; 0 when nobody had them before it."""

    id: int
    node: str
    site: str
    gateway: str
    from_ms: int
    to_ms: int | None
    replaces: int | None
    node_from_ms: int = 0

    @property
    def holds_from_ms(self) -> int:
        """Since when its positions are its own."""
        return 0 if self.replaces is None else self.from_ms

    def holds(self, at_ms: int) -> bool:
        return self.holds_from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


class DeployedSlot(NamedTuple):
    """outside: for what is dated outside the deployment."""

    deployment: int
    slot: int
    outside: bool


def deployment_at(deployments: Sequence[Deployment], at_ms: int) -> tuple[Deployment, bool]:
    """The deployment that a moment belongs to, and whether the moment is outside even of the nearest.

    deployments: of one node, at least one.
    """
    if len(deployments) == 1:
        return deployments[0], not deployments[0].holds(at_ms)
    nearest = min(deployments, key=lambda deployment: _distance_ms(deployment, at_ms))
    return nearest, not nearest.holds(at_ms)


def has_one_place(deployments: Sequence[Deployment]) -> bool:
    """Whether every moment belongs to the same deployment, and none is outside."""
    return len(deployments) == 1 and deployments[0].replaces is None and deployments[0].to_ms is None


def position_for(wanted: DeployedSlot, replaced: Mapping[int, int | None], given: Mapping[DeployedSlot, int]) -> int:
    """replaced: of every deployment of the site, which it replaces. given: every position of the site."""
    if not wanted.outside:
        for deployment in _succession(wanted.deployment, replaced):
            position = given.get(DeployedSlot(deployment, wanted.slot, False))
            if position is not None:
                return position
    return max(given.values(), default=0) + 1


def _succession(deployment: int, replaced: Mapping[int, int | None]) -> Iterator[int]:
    # Itself, all before it and all after it: something of a predecessor may arrive after that of its successor.
    successors = {before: after for after, before in replaced.items() if before is not None}
    before: int | None = deployment
    while before is not None:
        yield before
        before = replaced.get(before)
    after = successors.get(deployment)
    while after is not None:
        yield after
        after = successors.get(after)


def _distance_ms(deployment: Deployment, at_ms: int) -> int:
    if at_ms < deployment.from_ms:
        return deployment.from_ms - at_ms
    return 0 if deployment.to_ms is None or at_ms < deployment.to_ms else at_ms - deployment.to_ms + 1
