"""Whether the service answers."""

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter()


class Health(BaseModel):
    status: str


@router.get("/healthz", tags=["health"])
async def health() -> Health:
    return Health(status="ok")
