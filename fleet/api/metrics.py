"""What Prometheus reads of the service, with a token of a viewer of the whole district."""

from pathlib import Path

from fastapi import Request, Response

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Observes, ServiceDependency
from fleet.api.health import connection_counts
from fleet.metrics import State, families, read_gauges
from host.exposition import exposition

router = admin_router("health")

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
async def read_metrics(request: Request, person: Observes, service: ServiceDependency) -> Response:
    """Counters of this process, how long requests take, and states of the district, as text for Prometheus."""
    state = State(
        counts={**service.counts, **{f"connections.{reason}": count for reason, count in connection_counts(request).items()}},
        faults=await service.readiness.faults(),
        started_ms=service.started_ms,
        now_ms=service.clock.utc_ms(),
        documents_held=service.hold.held is not None,
        file_bytes=_file_bytes(service.configuration.database_file),
    )
    gauges = await service.consult(lambda connection: read_gauges(connection, state))
    return Response(exposition(families(state.counts, gauges), service.durations), media_type=_TYPE)


def _file_bytes(record: Path | None) -> int | None:
    """With its log."""
    if record is None:
        return None
    return sum(path.stat().st_size for path in (record, record.with_name(f"{record.name}-wal")) if path.exists())
