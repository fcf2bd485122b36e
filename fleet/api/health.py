"""Whether the service lives, which asks no database, and whether it can do its work now. Both may be called every second, by anybody."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from fleet.api.dependencies import ServiceDependency

# On the state of the application, where the service listens by itself: what became of connections, by reason (host/listening/limits.py).
CONNECTION_COUNTS = "connection_counts"

router = APIRouter()


class Health(BaseModel):
    """counts: since the start, by reason: requests and connections that were refused, cut off or ended early, and answers that were
    shared. documents_held_since_ms: since when gateways get no desired documents, because an older record was put back (airgrid-fleet
    release-documents); null where they do."""

    status: str
    started_ms: int
    counts: dict[str, int]
    documents_held_since_ms: int | None


@router.get("/healthz", tags=["health"])
async def health(request: Request, service: ServiceDependency) -> Health:
    """Whether the service answers. Needs no token."""
    counts = {**service.counts, **connection_counts(request)}
    held = service.hold.held
    return Health(status="ok", started_ms=service.started_ms, counts=counts, documents_held_since_ms=held.since_ms if held else None)


def connection_counts(request: Request) -> Mapping[str, int]:
    """By reason; none where the service does not listen by itself."""
    counts: Mapping[str, int] = getattr(request.app.state, CONNECTION_COUNTS, {})
    return counts


class Part(BaseModel):
    """part: `store` or `folder`. fault: what is wrong with it; null when nothing is."""

    part: str
    fault: str | None


class Ready(BaseModel):
    """ready: whether requests may be sent here."""

    ready: bool
    parts: list[Part]


@router.get("/readyz", tags=["health"], responses={503: {"model": Ready, "description": "not ready: some part has a fault"}})
async def readiness(service: ServiceDependency, response: Response) -> Ready:
    """Whether the service can do its work now: its store is written and has the form of this version, its folder has room. For a proxy
    with several services. Needs no token; looks at most every two seconds, for at most three."""
    parts = [Part(part=part, fault=fault) for part, fault in (await service.readiness.faults()).items()]
    ready = all(found.fault is None for found in parts)
    response.status_code = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return Ready(ready=ready, parts=parts)
