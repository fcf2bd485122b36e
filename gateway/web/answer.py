"""What the local page answers with: every answer, also a refusal, has the same headers. Pure."""

import json
from collections.abc import Mapping
from typing import NamedTuple

JSON, TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
# Nothing of a page of ours is inline, and nothing comes from elsewhere.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "airgrid",
}


class Answer(NamedTuple):
    """`closes`: the connection ends with it."""

    status: int
    body: bytes
    kind: str = JSON
    own_headers: Mapping[str, str] = {}
    closes: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {**_HEADERS, "Content-Type": self.kind, **self.own_headers}


def json_answer(status: int, document: Mapping[str, object], own_headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(document).encode(), JSON, own_headers or {})


def refusal(status: int, text: str, own_headers: Mapping[str, str] | None = None) -> Answer:
    """For a foreign request, an invalid one, or too many of them."""
    return Answer(status, f"{text}\n".encode(), TEXT, own_headers or {}, closes=True)
