"""All routes of the API, for the wiring."""

from fleet.api import (
    alarms,
    artifacts,
    changes,
    configuration,
    events,
    export,
    gateways,
    health,
    logs,
    nodes,
    record,
    schemas,
    settings,
    sites,
)  # fmt: skip
from fleet.api.device import artifacts as device_artifacts
from fleet.api.device import desired, enrolment, ingest, reports

_MODULES = (
    enrolment, ingest, desired, reports, device_artifacts,
    sites, gateways, nodes, settings, artifacts, logs, configuration, record, export, alarms, events, changes, schemas, health,
)  # fmt: skip
ROUTERS = tuple(module.router for module in _MODULES)
