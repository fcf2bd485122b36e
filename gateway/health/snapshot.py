"""The state of the running gateway as documents by subject: saved by health_recorder.py for `status`, shown by the local page."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.intake.intake import Intake
from gateway.intake.node_settings import NodeSettings
from gateway.reception.reception import Heard, Reception
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_link import UNKNOWN, FleetLink

Document = Callable[[], Any]


class Snapshot:
    """`gateway`: the fields of the document about the gateway itself; `subjects`: all other documents."""

    def __init__(self, gateway: Mapping[str, Document], subjects: Mapping[str, Document]) -> None:
        self._gateway = gateway
        self._subjects = subjects

    def read(self) -> dict[str, Any]:
        gateway = {name: document() for name, document in self._gateway.items()}
        return {"gateway": gateway, **{subject: document() for subject, document in self._subjects.items()}}


class FleetState:
    """What is known of the fleet, and since when."""

    def __init__(self, link: FleetLink, site: SiteTime) -> None:
        self._link = link
        self._site = site
        self._document = {"state": UNKNOWN, "reason": "", "since_ms": site.utc_ms()}

    def document(self) -> dict[str, Any]:
        """Another one only when the state has changed: each is written to the disk."""
        if self._link.state != self._document["state"]:
            self._document = {"state": self._link.state, "reason": self._link.reason, "since_ms": self._site.utc_ms()}
        return self._document


class NodeStates:
    """Of every node of the desired document: when it was heard, its settings, and what was refused of it."""

    def __init__(self, reception: Reception, intake: Intake, settings: NodeSettings) -> None:
        self._reception = reception
        self._intake = intake
        self._settings = settings

    def documents(self) -> dict[str, Any]:
        heard, refusals = self._reception.heard, self._intake.refusals()
        return {node: _node(heard.get(node), settings, refusals.get(node, {})) for node, settings in self._settings.states().items()}


def _node(heard: Heard | None, settings: dict[str, Any], refused: dict[str, int]) -> dict[str, Any]:
    return {
        "boot": heard.boot if heard else None,
        "heard_ms": heard.heard_ms if heard else None,
        "report_ms": heard.report_ms if heard else None,
        "gone": heard is not None and heard.gone,
        "settings": settings,
        "refused": refused,
    }
