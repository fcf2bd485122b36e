"""Refusals of requests as the device API answers them: application/problem+json (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from contract.site import device_api
from hil_tests.stand_in_fleet.http import Response


class RefusedError(Exception):
    """A request that gets a problem instead of an answer."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.response = problem(status, detail, headers)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(status, json.dumps(document).encode(), device_api.PROBLEM_TYPE, headers or {})
