"""What all routes of the admin API have in common: names that they do not know are refused, moments of an answer have their text.

The device API keeps neither: a gateway may be newer than its fleet and ask with names that this one does not know, which are ignored.
"""

from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from fleet.errors import InvalidError
from fleet.http import moment_texts, names
from fleet.http.openapi import problems
from fleet.service import Service

# Beyond this an answer is rewritten in a thread, so that nobody waits for it.
_SHORT_BYTES = 16_384


class VerbatimResponse(Response):
    """JSON that is sent as it is: its moments have their texts already."""

    media_type = "application/json"


class AdminRoute(APIRoute):
    def require_known_names(self, request: Request) -> None:
        """Raises InvalidError that lists the names there are."""
        found = names.query_faults([name for name, _ in request.query_params.multi_items()], self._names)
        if found:
            raise InvalidError(*found)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            response = await handle(request)
            if self.response_field is None or type(response) is not Response or not response.body:
                return response
            service: Service = request.app.state.service
            body = bytes(response.body)
            if len(body) <= _SHORT_BYTES:
                response.body = self._rewritten(body, service)
            else:
                response.body = await run_in_threadpool(self._rewritten, body, service)
            response.headers["Content-Length"] = str(len(response.body))
            return response

        return answer

    def _rewritten(self, body: bytes, service: Service) -> bytes:
        return msgspec.json.encode(moment_texts.with_texts(msgspec.json.decode(body), self._shape, service.configuration.zone))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(_query_names(self.dependant))

    @cached_property
    def _shape(self) -> moment_texts.Shape:
        annotation: Any = self.response_field.field_info.annotation if self.response_field else None
        return moment_texts.shape_of(TypeAdapter(annotation).json_schema(mode="serialization"))


def _query_names(dependant: Dependant) -> list[str]:
    own = [one.alias for one in dependant.query_params]
    return own + [name for inner in dependant.dependencies for name in _query_names(inner)]


def admin_router(subject: str | None, *statuses: int) -> APIRouter:
    """statuses: of problems that all its routes may answer with, beside those of every route."""
    return APIRouter(
        prefix="/api/v1",
        tags=[subject] if subject else None,
        responses=problems(401, 422, 429, 503, *statuses),
        route_class=AdminRoute,
    )
