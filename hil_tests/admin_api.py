"""The fleet's admin API as an administrator's script uses it: a URL, a token, JSON. Standard library only."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any


class ApiError(Exception):
    """The service answered with an error; `status` and the decoded `problem` say which."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem


class AdminApi:
    def __init__(self, url: str, token: str, timeout_s: float = 30) -> None:
        self.url = url
        self.token = token
        self._timeout_s = timeout_s

    def get(self, path: str, **query: object) -> Any:
        return self._call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""), None)

    def every(self, path: str, key: str = "items", **query: object) -> Iterator[Any]:
        """The entries of a list, page by page to its end. key: that has them in a page."""
        while True:
            page = self.get(path, **query)
            yield from page[key]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def post(self, path: str, body: object) -> Any:
        return self._call("POST", path, body)

    def patch(self, path: str, body: object) -> Any:
        return self._call("PATCH", path, body)

    def put(self, path: str, body: object) -> Any:
        return self._call("PUT", path, body)

    def post_file(self, path: str, content: bytes, media_type: str) -> Any:
        return self._send("POST", path, content, media_type)

    def _call(self, method: str, path: str, body: object) -> Any:
        return self._send(method, path, None if body is None else json.dumps(body).encode(), "application/json")

    def _send(self, method: str, path: str, content: bytes | None, media_type: str) -> Any:
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if content is not None:
            request.data = content
            request.add_header("Content-Type", media_type)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read()
            raise ApiError(error.code, json.loads(text) if text else None) from error
