"""Who may speak for a node: the gateway that has it, and each that had it, of its own time with it. Pure.

A gateway that a node has left still holds what the node reported to it, and the node has let go of that. It must come in, whole; but the
gateway must not speak for the node for ever. So what it delivers counts

    dated up to the end of its time with the node, or
    of a boot that began within that time, for as long as no later gateway was heard of the node: the line of the old one may have been
    cut, so that it did not know of the move and took what the node went on reporting

and is else refused. When a later gateway was first heard, the service's own clock says. Dates are allowed what their error says, but no
more than MOST_ERROR_MS: what claims to be known that badly is dated by the middle of what is possible, which lies before it arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.places.deployments import Deployment, deployment_at

# How long a gateway may take to learn that a node has left it, and how far its clock may be ahead of ours.
SLACK_MS = 60_000
MOST_ERROR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Tenure:
    """stays: deployments of the node under this gateway, at least one, the earliest first. ended_ms: None while it has the node.
    handed_over_ms: when a later gateway was first heard of the node, None where that has not been."""

    stays: Sequence[Deployment]
    ended_ms: int | None = None
    handed_over_ms: int | None = None

    def stay_at(self, at_ms: int) -> int:
        """The id of the deployment that a moment belongs to."""
        return self.stays[0].id if len(self.stays) == 1 else deployment_at(self.stays, at_ms)[0].id

    def counts(self, at_ms: int, began_ms: int, error_ms: int) -> bool:
        """Of something that happened then, in a boot, or an alarm, that began then."""
        if self.ended_ms is None:
            return True
        allowed_ms = SLACK_MS + min(error_ms, MOST_ERROR_MS)
        if at_ms <= self.ended_ms + allowed_ms:
            return True
        went_on = began_ms <= self.ended_ms + allowed_ms
        return went_on and (self.handed_over_ms is None or at_ms <= self.handed_over_ms + allowed_ms)


def tenures_of(gateway: str, deployments: Mapping[str, Sequence[Deployment]]) -> dict[str, Tenure]:
    """By node, of those that the gateway has or had; whether they were handed over is not known yet. deployments: the earliest first."""
    found = {}
    for node, of_node in deployments.items():
        stays = [one for one in of_node if one.gateway == gateway]
        if stays:
            has_it = of_node[-1].gateway == gateway and of_node[-1].to_ms is None
            found[node] = Tenure(stays, None if has_it else stays[-1].to_ms)
    return found
