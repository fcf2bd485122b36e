"""How an error is answered: application/problem+json (RFC 9457), always, with every fault named. One table gives the status of each."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from contract.faults import MISSING, Fault, path_text
from contract.site import device_api
from fleet import errors
from fleet.errors import FleetError
from fleet.http.methods import methods_of

STORE_RETRY_AFTER_S = 5
MAX_VALUE = 100

_STATUS: dict[type[FleetError], HTTPStatus] = {
    errors.InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.MalformedError: HTTPStatus.BAD_REQUEST,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.UnauthorisedError: HTTPStatus.UNAUTHORIZED,
    errors.EnrolmentError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.RetiredError: HTTPStatus.CONFLICT,
    errors.InUseError: HTTPStatus.CONFLICT,
    errors.RangeNotSatisfiableError: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    errors.RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.OverloadedError: HTTPStatus.SERVICE_UNAVAILABLE,
}

_log = logging.getLogger(__name__)


def problem(status: HTTPStatus, detail: str, faults: list[Fault] | None = None, headers: Mapping[str, str] | None = None) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    if faults is not None:
        body["faults"] = [_fault_fields(fault) for fault in faults]
    return Response(json.dumps(body), status, headers, device_api.PROBLEM_TYPE)


def _fault_fields(fault: Fault) -> dict[str, str | None]:
    value = None if fault.value is MISSING else repr(fault.value)[:MAX_VALUE]
    return {"path": path_text(fault.path), "value": value, "allowed": fault.allowed}


def install(app: FastAPI) -> None:
    app.add_exception_handler(FleetError, _answer_fleet_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(OperationalError, _answer_store_error)
    app.add_exception_handler(PoolTimeoutError, _answer_store_error)


async def _answer_fleet_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, FleetError)
    headers = {}
    if isinstance(error, errors.UnauthorisedError):
        headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, errors.RangeNotSatisfiableError):
        headers["Content-Range"] = f"bytes */{error.size}"
    elif isinstance(error, (errors.RateLimitedError, errors.OverloadedError)):
        headers[device_api.RETRY_AFTER_HEADER] = str(error.retry_after_s)
    faults = error.faults if isinstance(error, errors.InvalidError) else None
    return problem(_STATUS[type(error)], str(error), faults, headers)


async def _answer_validation_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [Fault(tuple(fault["loc"]), fault["msg"], fault.get("input", MISSING)) for fault in error.errors()]
    if any(fault["type"] == "json_invalid" for fault in error.errors()):
        return problem(HTTPStatus.BAD_REQUEST, "the body is not JSON", faults)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the request has faults", faults)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods_of(request))
    return problem(HTTPStatus(error.status_code), str(error.detail), None, headers)


async def _answer_store_error(request: Request, error: Exception) -> Response:
    # The disk is full, the server is away: nothing was stored, and the sender keeps what it has.
    _log.error("the store failed at %s %.100r: %s", request.method, request.scope["path"], error)
    headers = {device_api.RETRY_AFTER_HEADER: str(STORE_RETRY_AFTER_S)}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot be used now", None, headers)
