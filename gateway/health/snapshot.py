"""The state of the running gateway as documents by subject: saved by health_recorder.py for `status`, shown by the local page."""

from typing import Any

from gateway.carriers.mqtt import MqttCarrier
from gateway.desired.desired_state import DesiredState
from gateway.evaluation.evaluation import Evaluation
from gateway.intake.intake import Intake
from gateway.intake.node_settings import NodeSettings
from gateway.outputs.switchboard import Switchboard
from gateway.reception.reception import Heard, Reception
from gateway.sources.source_supervisor import SourceSupervisor
from gateway.time.site_time import SiteTime
from gateway.uplink.data_budget import DataBudget
from gateway.uplink.fleet_link import UNKNOWN, FleetLink

_MISFITS_SHOWN = 20


class Snapshot:
    def __init__(
        self,
        gateway: str,
        mqtt: MqttCarrier,
        passage: FleetLink,
        desired: DesiredState,
        site: SiteTime,
        budget: DataBudget,
        reception: Reception,
        intake: Intake,
        settings: NodeSettings,
        sources: SourceSupervisor,
        evaluation: Evaluation,
        switchboard: Switchboard,
    ) -> None:
        self._gateway = gateway
        self._mqtt = mqtt
        self._passage = passage
        self._fleet = {"state": UNKNOWN, "reason": "", "since_ms": site.utc_ms()}
        self._desired = desired
        self._site = site
        self._budget = budget
        self._reception = reception
        self._intake = intake
        self._settings = settings
        self._sources = sources
        self._evaluation = evaluation
        self._switchboard = switchboard
        self.started_ms = site.utc_ms()

    def take(self) -> dict[str, Any]:
        gateway = {
            "gateway": self._gateway,
            "started_ms": self.started_ms,
            "broker_connected": self._mqtt.connected,
            "fleet": self._of_fleet(),
            "desired_version": self._desired.version,
            "desired_on_trial": self._desired.on_trial,
            "desired_misfits": list(self._desired.misfits[:_MISFITS_SHOWN]),
            "clock": self._site.summary(),
            "data": self._budget.summary(),
        }
        unknown, sources = dict(self._intake.unknown), self._sources.documents()
        alarms, outputs = self._evaluation.open_alarms, self._switchboard.states()
        of_nodes = {"nodes": self._nodes(), "unknown_nodes": unknown}
        return {"gateway": gateway, **of_nodes, "sources": sources, "alarms": alarms, "outputs": outputs}

    def _of_fleet(self) -> dict[str, Any]:
        """Another document only when the state has changed: each is written to the disk."""
        if self._passage.state != self._fleet["state"]:
            self._fleet = {"state": self._passage.state, "reason": self._passage.reason, "since_ms": self._site.utc_ms()}
        return self._fleet

    def _nodes(self) -> dict[str, Any]:
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
