"""Whether the service answers, and takes what gateways deliver. Asks no database: it may be called every second."""

from fastapi import APIRouter
from pydantic import BaseModel

from fleet.api.dependencies import ServiceDependency
from fleet.service import INGESTS

router = APIRouter()


class Health(BaseModel):
    """ingests: deliveries of gateways that were committed since the start."""

    status: str
    started_ms: int
    ingests: int


@router.get("/healthz", tags=["health"])
async def health(service: ServiceDependency) -> Health:
    return Health(status="ok", started_ms=service.started_ms, ingests=service.counts[INGESTS])
