"""What all routes of the admin API have in common: names that they do not know are refused, together with whatever else is wrong with a
request; moments of an answer have their text.

The device API keeps neither: a gateway may be newer than its fleet and ask with names that this one does not know, which are ignored.
"""

import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, get_request_handler
from pydantic import TypeAdapter

from contract.faults import Fault
from fleet.api import refusal
from fleet.errors import ConflictError, InvalidError, MalformedError, NotFoundError, RetiredError, UnseenError
from fleet.http import moment_texts, names
from fleet.http.openapi import problems
from fleet.http.request_body import UNREADABLE
from fleet.http.validation_faults import faults_of
from fleet.service import Service

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

# Beyond this an answer is rewritten in a thread, so that nobody waits for it.
_SHORT_BYTES = 16_384


class VerbatimResponse(Response):
    """JSON that is sent as it is: its moments have their texts already."""

    media_type = "application/json"


class AdminRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        handle, judge = super().get_route_handler(), self._judging_handler()

        async def answer(request: Request) -> Response:
            given = [name for name, _ in request.query_params.multi_items()]
            unknown = names.query_faults(given, self._names)
            try:
                response = await _answered(request, handle, judge, bool(unknown))
            except RequestValidationError as error:
                raise await self._whole_validation_error(request, unknown, error) from None
            except InvalidError as error:
                wrong = faults_of(_wrong_values(self.dependant, request), {})
                raise InvalidError(
                    *_each_once([*unknown, *error.faults, *wrong, *await self._others(request, await self._body(request))])
                ) from None
            except (NotFoundError, ConflictError, RetiredError) as error:
                error.others = await self._others(request, await self._body(request))
                raise
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

        async def bounded(request: Request) -> Response:
            try:
                return await answer(request)
            except RecursionError:
                # Newer Pythons read JSON that is deeper than anything which then looks into it.
                raise MalformedError(UNREADABLE) from None

        return bounded

    async def _whole_validation_error(
        self, request: Request, unknown: list[Fault], error: RequestValidationError
    ) -> RequestValidationError:
        found = [*map(_as_found, unknown), *error.errors()]
        if any(one["type"] == "json_invalid" for one in found):
            return error
        stated = {one["loc"][1:] for one in found}
        others = [fault for fault in await self._others(request, error.body) if fault.path not in stated]
        return RequestValidationError([*found, *(_as_found(fault, "body") for fault in others)], body=error.body)

    async def _others(self, request: Request, body: Any) -> list[Fault]:
        service: Service = request.app.state.service
        given = body if isinstance(body, dict) else {}
        asked = refusal.Asked(f"{request.method} {self.path}", request.path_params, given, request.state.sees)
        return await service.consult(lambda connection: refusal.faults(connection, asked))

    async def _body(self, request: Request) -> Any:
        """Once more, of a request that had the form of one; None where there is none."""
        content = await request.body() if self.body_field is not None else b""
        return json.loads(content) if content else None

    def _judging_handler(self) -> Handler:
        """Judges who asks and what is asked for as the route does, and does nothing."""
        judged = replace(self.dependant, call=_do_nothing)
        return get_request_handler(judged, self.body_field, embed_body_fields=self._embed_body_fields)

    def _rewritten(self, body: bytes, service: Service) -> bytes:
        return msgspec.json.encode(moment_texts.with_texts(msgspec.json.decode(body), self._shape, service.configuration.zone))

    @cached_property
    def needs_thread(self) -> bool:
        """Of people: to read. Who writes waits for the writer only."""
        return not iscoroutinefunction(self.endpoint)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(_query_names(self.dependant))

    @cached_property
    def _shape(self) -> moment_texts.Shape:
        annotation: Any = self.response_field.field_info.annotation if self.response_field else None
        return moment_texts.shape_of(TypeAdapter(annotation).json_schema(mode="serialization"))


async def _answered(request: Request, handle: Handler, judge: Handler, is_wrong: bool) -> Response:
    """is_wrong: it is judged only. Of a thing that who asks may not know of, what else is wrong is found as of one that there is not."""
    try:
        response = await (judge if is_wrong else handle)(request)
    except UnseenError as unseen:
        response = await judge(request)
        if not is_wrong:
            raise NotFoundError(unseen.kind, unseen.name) from None
    if is_wrong:
        raise InvalidError()
    return response


def _query_names(dependant: Dependant) -> list[str]:
    own = [one.alias for one in dependant.query_params]
    return own + [name for inner in dependant.dependencies for name in _query_names(inner)]


async def _do_nothing(**_: Any) -> None:
    pass


def _each_once(found: list[Fault]) -> list[Fault]:
    first: dict[tuple[Any, str], Fault] = {}
    for fault in found:
        first.setdefault((fault.path, fault.allowed), fault)
    return list(first.values())


def _as_found(fault: Fault, where: str = "query") -> dict[str, Any]:
    # As pydantic reports what a validator of ours refuses.
    return {"type": "value_error", "loc": (where, *fault.path), "input": fault.value, "ctx": {"error": fault.allowed}}


def _wrong_values(dependant: Dependant, request: Request) -> list[Any]:
    # Where what a query means together is wrong, its single values have not all been judged.
    found: list[Any] = []
    for fields, given in ((dependant.path_params, request.path_params), (dependant.query_params, request.query_params)):
        found += request_params_to_args(fields, given)[1]
    for inner in dependant.dependencies:
        found += _wrong_values(inner, request)
    return found


def admin_router(subject: str | None, *statuses: int) -> APIRouter:
    """statuses: of problems that all its routes may answer with, beside those of every route."""
    return APIRouter(
        prefix="/api/v1",
        tags=[subject] if subject else None,
        responses=problems(401, 403, 422, 429, 503, *statuses),
        route_class=AdminRoute,
    )
