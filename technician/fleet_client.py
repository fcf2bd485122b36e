"""The few calls to the fleet's admin API that a technician's work needs. One request, one answer; no retries. Raises FleetError, in plain
words with what to do, for whatever goes wrong with one.
"""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus
from typing import Any

from technician.errors import FleetError
from technician.plausible import is_loopback

LIMIT_S = 15
MAX_ANSWER_BYTES = 16 << 20
_PAGE = 1000
# Far more than any district has: a list that does not end is not of the fleet.
_MOST_PAGES = 100
_NEW_TOKEN = "ask an administrator for a token (airgrid-fleet token create), and put it into AIRGRID_TOKEN"
_NOT_THE_FLEET = FleetError("what answers there is not the fleet service", "check the address")


class FleetClient:
    def __init__(self, url: str, token: str):
        parts = _parts(url)
        if parts is None:
            raise FleetError(
                f"{url}: this is no http or https address", "give the address of the fleet's page, such as https://fleet.example"
            )
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise FleetError(f"{url}: without TLS everybody on the way could read the token and the node's key", "use https://")
        self._url = url.rstrip("/") + "/api/v1/"
        self._token = token

    def gateways(self) -> list[str]:
        """Names. Without any for a token that is not valid: FleetError with the status 401."""
        return self._all_names("gateways")

    def sites(self) -> list[str]:
        return self._all_names("sites")

    def node(self, name: str) -> dict[str, Any] | None:
        """Where it is and when it was heard, or None for one that the fleet does not know."""
        try:
            answer = self._ask("GET", f"nodes/{_quoted(name)}")
        except FleetError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return answer if isinstance(answer, dict) else {}

    def register(self, record: dict[str, Any]) -> list[str]:
        """What may be a mistake, in the fleet's words. The same record twice is no fault. Raises FleetError with the status 409 when
        another board has the name."""
        warnings = _object(self._ask("POST", "nodes", record)).get("warnings")
        return [str(warning) for warning in warnings] if isinstance(warnings, list) else []

    def replace_hardware(self, node: str, key: str, sensors: str, reason: str) -> None:
        """sensors: kept or exchanged. Only for a board that `register` refused: the key of the board that has the name already is a
        fault."""
        self._ask("POST", f"nodes/{_quoted(node)}/hardware", {"key": key, "sensors": sensors, "reason": reason})

    def move(self, node: str, place: dict[str, str], reason: str) -> dict[str, Any]:
        """place: gateway, site, or both."""
        return _object(self._ask("PATCH", f"nodes/{_quoted(node)}", {**place, "reason": reason}))

    def retire(self, node: str, reason: str) -> dict[str, Any]:
        return _object(self._ask("POST", f"nodes/{_quoted(node)}/retirement", {"reason": reason}))

    def _all_names(self, what: str) -> list[str]:
        names: list[str] = []
        path = f"{what}?limit={_PAGE}"
        for _ in range(_MOST_PAGES):
            page = self._ask("GET", path)
            if not isinstance(page, dict):
                raise _NOT_THE_FLEET
            names += _names(page.get("items"))
            if not page.get("next"):
                return names
            path = f"{what}?limit={_PAGE}&cursor={_quoted(str(page['next']))}"
        raise _NOT_THE_FLEET

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            request = urllib.request.Request(self._url + path, json.dumps(body).encode() if body else None, headers, method=method)
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                return _json(answer.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        # A name that cannot be one is a ValueError, an answer that is not HTTP an HTTPException.
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise FleetError(f"the fleet cannot be reached: {reason}", "check its address and the network, then run it again") from error


def _parts(url: str) -> urllib.parse.SplitResult | None:
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port  # ValueError when it is no number
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname and url.isprintable() and " " not in url else None


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        raise FleetError("what answers there is not the fleet service", "check the address") from error


def _object(answer: Any) -> dict[str, Any]:
    return answer if isinstance(answer, dict) else {}


def _names(entries: Any) -> list[str]:
    if not isinstance(entries, list):
        raise _NOT_THE_FLEET
    return sorted(str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry and not entry.get("retired_ms"))


def _refusal(error: urllib.error.HTTPError) -> FleetError:
    try:
        words = _words(error.read(MAX_ANSWER_BYTES))
    except (OSError, http.client.HTTPException):
        words = ""
    if error.code == HTTPStatus.UNAUTHORIZED:
        return FleetError("the fleet does not know this token", _NEW_TOKEN, error.code)
    if error.code == HTTPStatus.FORBIDDEN:
        return FleetError(f"this token may not do that: {words}", _NEW_TOKEN, error.code)
    if error.code in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return FleetError(f"the fleet is busy: {words}", "wait a minute, then run the same command again", error.code)
    return FleetError(f"the fleet answers {error.code}: {words}", "", error.code)


def _words(problem: bytes) -> str:
    # application/problem+json (RFC 9457); anything else is shown as it is.
    try:
        fields = json.loads(problem)
    except ValueError:
        return problem.decode(errors="replace")[:200]
    if not isinstance(fields, dict):
        return str(fields)[:200]
    listed = fields.get("faults")
    found = [fault for fault in listed if isinstance(fault, dict)] if isinstance(listed, list) else []
    faults = [f"{fault.get('path')}: {fault.get('allowed')}" for fault in found]
    return "; ".join([str(fields.get("detail") or fields.get("title") or ""), *faults])
