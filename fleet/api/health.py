"""Whether the service answers, and takes what gateways deliver. Asks no database: it may be called every second."""

from fastapi import APIRouter, Request
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
    counts = {**service.counts, **getattr(request.app.state, CONNECTION_COUNTS, {})}
    held = service.hold.held
    return Health(status="ok", started_ms=service.started_ms, counts=counts, documents_held_since_ms=held.since_ms if held else None)
