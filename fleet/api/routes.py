"""All routes of the API, for the wiring."""

from fleet.api import (
    alarms,
    areas,
    artifacts,
    changes,
    completeness,
    configuration,
    events,
    explain,
    export,
    gateways,
    health,
    jobs,
    logs,
    metrics,
    nodes,
    photos,
    record,
    schemas,
    sensors,
    settings,
    sites,
    tokens,
)  # fmt: skip
from fleet.api.device import artifacts as device_artifacts
from fleet.api.device import desired, enrolment, ingest, reports
from fleet.api.district import routes as district

_MODULES = (
    enrolment, ingest, desired, reports, device_artifacts,
    areas, sites, photos, district, gateways, nodes, sensors,
    settings, artifacts, logs, configuration, record, export, completeness, explain, alarms,
    events, changes, tokens, schemas, jobs, metrics, health,
)  # fmt: skip
ROUTERS = tuple(module.router for module in _MODULES)
