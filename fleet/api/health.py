"""Whether the service answers, and takes what gateways deliver. Asks no database: it may be called every second."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from fleet.api.dependencies import ServiceDependency

# On the state of the application, where the service listens by itself: what became of connections, by reason (host/listening/limits.py).
CONNECTION_COUNTS = "connection_counts"

router = APIRouter()


class Health(BaseModel):
    """counts: since the start, by reason: requests and connections that were refused, cut off or ended early, and answers that were
    shared."""

    status: str
    started_ms: int
    counts: dict[str, int]


@router.get("/healthz", tags=["health"])
async def health(request: Request, service: ServiceDependency) -> Health:
    """Whether the service answers. Needs no token."""
    counts = {**service.counts, **getattr(request.app.state, CONNECTION_COUNTS, {})}
    return Health(status="ok", started_ms=service.started_ms, counts=counts)
