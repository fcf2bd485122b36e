"""The few calls to the fleet's admin API that a technician's work needs. One request, one answer; no retries. Raises FleetError, in plain
words with what to do, for whatever goes wrong with one.
"""

import http.client
import json
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from contract.topics import is_node_id
from technician.errors import FleetError, reason_of
from technician.plausible import ID_FORM, is_loopback

# Of a whole question, however slowly the answer drips.
LIMIT_S = 15.0
MAX_ANSWER_BYTES = 16 << 20
_PAGE = 1000
# Far more than any district has: a list that does not end is not of the fleet.
_MOST_PAGES = 100
_MAX_WORDS = 300
_NEW_TOKEN = "ask an administrator for a token (airgrid-fleet token create), and put it into AIRGRID_TOKEN"
_AGAIN = "run the same command again"
# Of a request. A name that cannot be one is a ValueError.
_FAILURES = (OSError, http.client.HTTPException, ValueError)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is answered as what it is: the token is for the machine that was named, and a POST that is followed becomes a GET."""

    def redirect_request(self, *_: Any) -> None:
        return None


class FleetClient:
    def __init__(self, url: str, token: str, limit_s: float = LIMIT_S):
        parts = _parts(url)
        if parts is None:
            raise FleetError(
                f"{url}: this is no http or https address", "give the address of the fleet's page, such as https://fleet.example"
            )
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise FleetError(f"{url}: without TLS everybody on the way could read the token and the node's key", "use https://")
        self._url = url.rstrip("/") + "/api/v1/"
        self._token = token
        self._limit_s = limit_s
        self._opener = urllib.request.build_opener(_NoRedirect)

    def gateways(self) -> list[str]:
        """Names. Without any for a token that is not valid: FleetError with the status 401."""
        return self._all_names("gateways")

    def sites(self) -> list[str]:
        return self._all_names("sites")

    def node(self, name: str) -> dict[str, Any] | None:
        """Where it is and when it was heard, or None for one that the fleet does not know."""
        if not is_node_id(name):
            return None
        try:
            return self._object("GET", _of_node(name))
        except FleetError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def register(self, record: dict[str, Any]) -> list[str]:
        """What may be a mistake, in the fleet's words. The same record twice is no fault. Raises FleetError with the status 409 when
        another board has the name."""
        warnings = self._object("POST", "nodes", record).get("warnings")
        return [str(warning) for warning in warnings] if isinstance(warnings, list) else []

    def replace_hardware(self, node: str, key: str, sensors: str, reason: str) -> None:
        """sensors: kept or exchanged. Only for a board that `register` refused: the key of the board that has the name already is a
        fault."""
        self._object("POST", _of_node(node, "/hardware"), {"key": key, "sensors": sensors, "reason": reason})

    def move(self, node: str, place: dict[str, str], reason: str) -> dict[str, Any]:
        """place: gateway, site, or both."""
        return self._object("PATCH", _of_node(node), {**place, "reason": reason})

    def retire(self, node: str, reason: str) -> dict[str, Any]:
        return self._object("POST", _of_node(node, "/retirement"), {"reason": reason})

    def _object(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._ask(method, path, body)
        if not isinstance(answer, dict):
            raise _not_the_fleet()
        return answer

    def _all_names(self, what: str) -> list[str]:
        names: list[str] = []
        path = f"{what}?limit={_PAGE}"
        for _ in range(_MOST_PAGES):
            page = self._object("GET", path)
            names += _names(page.get("items"))
            if not page.get("next"):
                return names
            path = f"{what}?limit={_PAGE}&cursor={urllib.parse.quote(str(page['next']), safe='')}"
        raise _not_the_fleet()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            request = urllib.request.Request(self._url + path, json.dumps(body).encode() if body else None, headers, method=method)
            status, content = _within(self._limit_s, lambda: self._exchange(request))
        except _FAILURES as error:
            raise _unreachable(error, self._limit_s) from error
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(status, content)
        return _json(content)

    def _exchange(self, request: urllib.request.Request) -> tuple[int, bytes]:
        """Status and body; of a redirect where it leads, in the place of the body."""
        try:
            with self._opener.open(request, timeout=self._limit_s) as answer:
                return answer.status, answer.read(MAX_ANSWER_BYTES)
        except urllib.error.HTTPError as error:
            if error.code < HTTPStatus.BAD_REQUEST:
                return error.code, error.headers.get("Location", "").encode()
            return error.code, error.read(MAX_ANSWER_BYTES)


def _within(limit_s: float, work: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
    """Raises what the work raises, or TimeoutError. A limit of a socket is one of each of its steps: neither of looking up a name, nor of
    an answer that comes byte by byte."""
    ended: SimpleQueue[tuple[int, bytes] | Exception] = SimpleQueue()

    def run() -> None:
        try:
            ended.put(work())
        except _FAILURES as error:
            ended.put(error)

    Thread(target=run, daemon=True).start()
    try:
        result = ended.get(timeout=limit_s)
    except Empty:
        raise TimeoutError from None
    if isinstance(result, Exception):
        raise result
    return result


def _parts(url: str) -> urllib.parse.SplitResult | None:
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port  # ValueError when it is no number
    except ValueError:
        return None
    is_plain = url.isprintable() and not set(url) & set(" ?#@")
    return parts if parts.scheme in ("http", "https") and parts.hostname and is_plain else None


def _of_node(name: str, what: str = "") -> str:
    """A name as it is typed may be anything; one of another form would name another path, or none, and the fleet would not know what of."""
    if not is_node_id(name):
        raise FleetError(f"{_printable(name) or 'nothing'}: no name of a node, which is {ID_FORM}", "correct the name, and run it again")
    return f"nodes/{name}{what}"


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _not_the_fleet() from error


def _not_the_fleet() -> FleetError:
    return FleetError("what answers there is not the fleet service", "check the address")


def _names(entries: Any) -> list[str]:
    if not isinstance(entries, list):
        raise _not_the_fleet()
    return sorted(str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry and not entry.get("retired_ms"))


def _unreachable(error: Exception, limit_s: float) -> FleetError:
    cause = getattr(error, "reason", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        found, next_step = f"its certificate is refused ({cause.verify_message})", "is this computer's clock right? Else check the address"
    elif isinstance(cause, ssl.SSLError):
        found, next_step = "what answers there does not speak TLS", "check the address and its port"
    elif isinstance(cause, http.client.HTTPException):
        found, next_step = "what answers there does not speak HTTP", "check the address and its port"
    elif isinstance(cause, TimeoutError):
        found, next_step = f"no answer within {limit_s:g} s", f"check its address and the network, then {_AGAIN}"
    elif isinstance(cause, socket.gaierror):
        found, next_step = "nothing knows its name", f"check its address and the network, then {_AGAIN}"
    else:
        found = reason_of(cause) if isinstance(cause, Exception) else str(cause)
        next_step = f"check its address and the network, then {_AGAIN}"
    return FleetError(f"the fleet cannot be reached: {found}", next_step)


def _refusal(status: int, content: bytes) -> FleetError:
    if status < HTTPStatus.BAD_REQUEST:
        place = _printable(content.decode(errors="replace"))
        return FleetError(f"what answers there sends on to {place or 'nowhere'}", "check the address; where that is the fleet, give it")
    problem = _problem(content)
    words = _words(problem)
    if status == HTTPStatus.UNAUTHORIZED:
        return FleetError("the fleet does not know this token", _NEW_TOKEN, status)
    if status == HTTPStatus.FORBIDDEN:
        return FleetError(f"this token may not do that{words}", _NEW_TOKEN, status)
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return FleetError(f"the fleet is busy{words}", f"wait a minute, then {_AGAIN}", status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return FleetError(f"the fleet answers {status}{words}", f"tell its administrator (airgrid-fleet doctor), then {_AGAIN}", status)
    if not words or "nearest" in problem:  # a page of something else; a path that the fleet does not have
        return _not_the_fleet()
    return FleetError(f"the fleet answers {status}{words}", "correct what is named, and run it again", status)


def _problem(content: bytes) -> dict[str, Any]:
    """Of application/problem+json (RFC 9457); empty for anything else, such as the page of a proxy."""
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _words(problem: dict[str, Any]) -> str:
    """ ": " and what is wrong, each fault once; or ""."""
    listed = problem.get("faults")
    found = [fault for fault in listed if isinstance(fault, dict)] if isinstance(listed, list) else []
    detail = str(problem.get("detail") or problem.get("title") or "")
    faults = dict.fromkeys(f"{fault.get('path')}: {fault.get('allowed')}" for fault in found)
    # The detail of a request with faults may be these faults in one line.
    said = [detail, *(fault for fault in faults if fault not in detail)]
    text = _printable("; ".join(word for word in said if word))
    return f": {text}" if text else ""


def _printable(text: str) -> str:
    """On one line, without what would move a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:_MAX_WORDS]
