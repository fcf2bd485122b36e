"""The few calls to the fleet's admin API that a technician's work needs. One request, one answer; no retries."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from technician.errors import ProvisionError

LIMIT_S = 15
MAX_ANSWER_BYTES = 1 << 20


class FleetClient:
    def __init__(self, url: str, token: str):
        if not url.startswith(("http://", "https://")):
            raise ProvisionError(f"{url}: not an http or https address")
        self._url = url.rstrip("/") + "/api/v1/"
        self._token = token

    def knows(self, node: str) -> bool:
        status, _ = self._ask("GET", "nodes/" + urllib.parse.quote(node), None, (404,))
        return status == 200

    def register(self, record: dict[str, Any]) -> None:
        """Raises ProvisionError with the fleet's own words when it does not take the node."""
        self._ask("POST", "nodes", record, ())

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, expected: tuple[int, ...]) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode() if body else None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                return answer.status, answer.read(MAX_ANSWER_BYTES)
        except urllib.error.HTTPError as error:
            if error.code in expected:
                return error.code, b""
            raise ProvisionError(f"the fleet answers {error.code}: {_words(error.read(MAX_ANSWER_BYTES))}") from error
        except OSError as error:
            raise ProvisionError(f"the fleet cannot be reached: {error}") from error


def _words(problem: bytes) -> str:
    # application/problem+json (RFC 9457); anything else is shown as it is.
    try:
        fields = json.loads(problem)
    except ValueError:
        return problem.decode(errors="replace")[:200]
    if not isinstance(fields, dict):
        return str(fields)[:200]
    faults = [f"{fault.get('path')}: {fault.get('allowed')}" for fault in fields.get("faults") or [] if isinstance(fault, dict)]
    return "; ".join([str(fields.get("detail") or fields.get("title") or ""), *faults])
