"""How an error is answered: application/problem+json (RFC 9457), always, with every fault named. One table gives the status of each."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from contract.faults import MISSING, Fault, fault_text, path_text
from contract.site import device_api
from fleet import errors
from fleet.errors import FleetError
from fleet.http.methods import methods_of
from fleet.http.names import nearest
from fleet.http.request_body import UNREADABLE
from fleet.http.request_id import current
from fleet.http.validation_faults import faults_of, json_fault

STORE_RETRY_AFTER_S = 5
MAX_VALUE = 100
MAX_DETAIL = 1000
NEAREST_PATHS = 3

NoSuchPage = Callable[[Request], Response]
# Of a request, the status and the seconds after which to ask again.
WaitPage = Callable[[Request, HTTPStatus, int], Response]

_STATUS: dict[type[FleetError], HTTPStatus] = {
    errors.InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.MalformedError: HTTPStatus.BAD_REQUEST,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.UnauthorisedError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.EnrolmentError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.UnseenError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.RetiredError: HTTPStatus.CONFLICT,
    errors.InUseError: HTTPStatus.CONFLICT,
    errors.RemovalError: HTTPStatus.CONFLICT,
    errors.StaleError: HTTPStatus.PRECONDITION_FAILED,
    errors.RangeNotSatisfiableError: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    errors.RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.OverloadedError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.AlarmStateError: HTTPStatus.CONFLICT,
    errors.LeaseLostError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.OnTrialError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooSlowError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_WAITS = (errors.RateLimitedError, errors.OverloadedError, errors.OnTrialError, errors.TooSlowError)

_log = logging.getLogger(__name__)


def problem(
    status: HTTPStatus,
    detail: str,
    faults: Sequence[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
    paths: list[str] | None = None,
    removes: list[str] | None = None,
) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    if request_id := current():
        body["request_id"] = request_id
    if removes is not None:
        body["removes"] = removes
    if faults is not None:
        body["faults"] = [_fault_fields(fault) for fault in faults]
    if paths is not None:
        body["nearest"] = paths
    return Response(json.dumps(body, ensure_ascii=False), status, headers, device_api.PROBLEM_TYPE)


def _fault_fields(fault: Fault) -> dict[str, str | None]:
    return {"path": path_text(fault.path), "value": _shown(fault.value), "allowed": fault.allowed}


def _shown(value: object) -> str | None:
    # As JSON: what people sent, in the notation in which they sent it. Half a surrogate pair, which UTF-8 cannot say, is escaped.
    if value is MISSING:
        return None
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace").decode()[:MAX_VALUE]


def install(app: FastAPI, no_such_page: NoSuchPage, wait_page: WaitPage) -> None:
    """What a browser gets for a path that there is not, and for a page that cannot be made now."""
    app.state.no_such_page = no_such_page
    app.state.wait_page = wait_page
    app.add_exception_handler(FleetError, _answer_fleet_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(OperationalError, _answer_store_error)
    app.add_exception_handler(PoolTimeoutError, _answer_store_error)


async def _answer_fleet_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FleetError)
    if isinstance(error, errors.NotFoundError) and _is_browser(request):
        return _page(request)
    headers = {}
    if isinstance(error, errors.UnauthorisedError):
        headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, errors.RangeNotSatisfiableError):
        headers["Content-Range"] = f"bytes */{error.size}"
    elif isinstance(error, _WAITS):
        return _answer_wait(request, error)
    faults = error.faults if isinstance(error, errors.InvalidError) else error.others or None
    removes = error.removes if isinstance(error, errors.RemovalError) else None
    detail = str(error)
    if len(error.others) > 1:
        detail = f"{detail}; all faults: {'; '.join(map(fault_text, error.others))}"[:MAX_DETAIL]
    return problem(_STATUS[type(error)], detail, faults, headers, removes=removes)


def _answer_wait(
    request: Request, error: errors.RateLimitedError | errors.OverloadedError | errors.OnTrialError | errors.TooSlowError
) -> Response:
    retry_after_s = STORE_RETRY_AFTER_S if isinstance(error, errors.TooSlowError) else error.retry_after_s
    status = _STATUS[type(error)]
    headers = {device_api.RETRY_AFTER_HEADER: str(retry_after_s)}
    if not _is_browser(request):
        return problem(status, str(error), None, headers)
    page: WaitPage = request.app.state.wait_page
    response = page(request, status, retry_after_s)
    response.headers.update(headers)
    return response


async def _answer_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    for found in error.errors():
        if found["type"] == "json_invalid":
            fault = json_fault(int(found["loc"][1]), found["ctx"]["error"], str(error.body))
            return problem(HTTPStatus.BAD_REQUEST, fault.allowed, [fault])
    faults = faults_of(error.errors(), _body_schema(getattr(request.scope.get("route"), "body_field", None)))
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(map(fault_text, faults))[:MAX_DETAIL], faults)


@lru_cache(256)
def _body_schema(body_field: Any) -> dict[str, Any]:
    return {} if body_field is None else TypeAdapter(body_field.field_info.annotation).json_schema()


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _answer_no_such_path(request)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods_of(request))
        return problem(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not for this path; there are: {headers['Allow']}", None, headers
        )
    # What the framework cannot read, it does not explain.
    detail = UNREADABLE if error.status_code == HTTPStatus.BAD_REQUEST else str(error.detail)
    return problem(HTTPStatus(error.status_code), detail, None, headers)


def _answer_no_such_path(request: Request) -> Response:
    if _is_browser(request):
        return _page(request)
    paths = nearest(request.scope["path"], request.app.openapi()["paths"], NEAREST_PATHS)
    detail = f"no such path: {request.scope['path'][:MAX_VALUE]}; all paths are described at /docs and in /openapi.json"
    return problem(HTTPStatus.NOT_FOUND, detail, None, None, paths)


def _is_browser(request: Request) -> bool:
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def _page(request: Request) -> Response:
    page: NoSuchPage = request.app.state.no_such_page
    return page(request)


async def _answer_store_error(request: Request, error: Exception) -> Response:
    # The disk is full, the server is away: nothing was stored, and the sender keeps what it has.
    _log.error("the store failed at %s %.100r: %s", request.method, request.scope["path"], error)
    headers = {device_api.RETRY_AFTER_HEADER: str(STORE_RETRY_AFTER_S)}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot be used now", None, headers)
