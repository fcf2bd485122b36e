"""Which answer a request to the local page gets. Knows no socket; runs on the page's own thread and asks the gateway by `other`."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from contract.site.device_api import RETRY_AFTER_HEADER
from gateway.errors import StoreError
from gateway.store.delivery.fate import OwnItem
from gateway.web import own_requests, page_words, pin, pin_file
from gateway.web.answer import JSON, TEXT, Answer, json_answer, refusal
from gateway.web.live_status import LiveStatus, Moment, metric_values
from gateway.web.other_loop import OtherLoop
from gateway.web.request_limit import RequestLimit
from gateway.web.shared_answer import SharedAnswer
from host import page_files

_LOG = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent
_PAGE_FILES = {
    "/": (_FOLDER / "page.html", "text/html"),
    "/house.css": (page_files.FOLDER / "house.css", "text/css"),
    "/page.css": (_FOLDER / "page.css", "text/css"),
    "/fresh.js": (page_files.FOLDER / "fresh.js", "text/javascript"),
    "/times.js": (page_files.FOLDER / "times.js", "text/javascript"),
    "/page.js": (_FOLDER / "page.js", "text/javascript"),
    "/page.svg": (_FOLDER / "page.svg", "image/svg+xml"),
}
_STATUS_OF = {pin.WRONG: 403, pin.LOCKED: 429, pin.NO_PIN: 403}
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_FOREIGN = {
    own_requests.FOREIGN_HOST: (
        421,
        "This page answers to the address of this machine; other names are listed by [web] names in its file.",
    ),
    own_requests.FOREIGN_ORIGIN: (403, "A page from elsewhere may not ask this one."),
}


class Asked(NamedTuple):
    """One request. `address`: of the client, as counted_address gives it; `own_address`: that it has connected to.

    `body`: reads it; None: it is longer than anything that this page takes, or ended in the middle.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    address: str
    own_address: str
    body: Callable[[], Awaitable[bytes | None]]


@dataclass(frozen=True)
class Site:
    """What the page shows and sets off. `test_alarm` runs where the gateway runs. It returns the stored event, or raises StoreError."""

    state: Path
    pin: str
    names: frozenset[str]
    status: LiveStatus
    test_alarm: Callable[[], Coroutine[Any, Any, OwnItem]]


class _Press(msgspec.Struct):
    pin: str


class Answers:
    """`counts`: by counter of the table, since the start."""

    def __init__(self, site: Site, other: OtherLoop, monotonic_s: Callable[[], float]) -> None:
        self._site = site
        self._other = other
        self._monotonic_s = monotonic_s
        self._limit = RequestLimit(monotonic_s())
        self._pin = pin.PinCheck(site.pin, pin_file.load(site.state), monotonic_s())
        self._saving_pin = asyncio.Lock()
        self._files = {path: Answer(200, file.read_bytes(), f"{kind}; charset=utf-8") for path, (file, kind) in _PAGE_FILES.items()}
        self._files["/page_words.js"] = Answer(200, page_words.script().encode(), "text/javascript; charset=utf-8")
        self._shared = {
            "/status.json": (SharedAnswer(self._status, monotonic_s), JSON),
            "/metrics": (SharedAnswer(self._metrics, monotonic_s), _PROMETHEUS),
        }
        self.counts: Counter[str] = Counter()

    async def answer(self, asked: Asked) -> Answer:
        verdict = own_requests.judge(asked.headers, asked.own_address, self._site.names)
        if verdict != own_requests.OWN:
            self.counts["web.foreign"] += 1
            return refusal(*_FOREIGN[verdict])
        if not self._limit.admits(asked.address, self._monotonic_s()):
            self.counts["web.too_fast"] += 1
            return refusal(429, "Too many requests.", {RETRY_AFTER_HEADER: "1"})
        if asked.path == "/alarm-test":
            return await self._alarm_test(asked) if asked.method == "POST" else _not_this_way("POST")
        if asked.path not in self._files and asked.path not in self._shared:
            return Answer(404, b"There is no such page.\n", TEXT)
        if asked.method not in ("GET", "HEAD"):
            return _not_this_way("GET, HEAD")
        return self._files.get(asked.path) or await self._of_all(asked)

    async def _of_all(self, asked: Asked) -> Answer:
        shared, kind = self._shared[asked.path]
        zipped = "gzip" in asked.headers.get("Accept-Encoding", "")
        try:
            body = await shared.body(zipped=zipped)
        except TimeoutError:
            return refusal(503, "The gateway is busy.", {RETRY_AFTER_HEADER: "2"})
        headers = {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if zipped else {})
        return Answer(200, body, kind, headers)

    async def _status(self) -> bytes:
        return msgspec.json.encode(self._site.status.shown(await self._other.run(self._moment)))

    async def _metrics(self) -> bytes:
        from gateway.web.families import families  # here: a gateway that is not scraped does without the library
        from host.exposition import exposition

        return exposition(families(metric_values(self._site.status.shown(await self._other.run(self._moment)))))

    async def _moment(self) -> Moment:
        return self._site.status.moment()

    async def _alarm_test(self, asked: Asked) -> Answer:
        if asked.headers.get("Content-Type", "").replace(" ", "").lower() not in ("application/json", "application/json;charset=utf-8"):
            return json_answer(415, {"result": "not_understood"})
        body = await asked.body()
        if body is None:
            return refusal(413, "Too much.")
        try:
            given = msgspec.json.decode(body, type=_Press).pin
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return json_answer(400, {"result": "not_understood"})
        verdict = await self._judge(given, asked.address)
        if verdict.result != pin.RIGHT:
            self.counts["web.pin_refused"] += 1
            wait = {RETRY_AFTER_HEADER: str(verdict.wait_s)} if verdict.wait_s else {}
            return json_answer(_STATUS_OF[verdict.result], {"result": verdict.result, "wait_s": verdict.wait_s}, wait)
        return await self._send_alarm_test()

    async def _judge(self, given: str, address: str) -> pin.Verdict:
        """What it changes is saved before it is answered, on another thread: a slow disk delays nothing but this answer."""
        verdict = self._pin.judge(given, address, self._monotonic_s())
        if verdict.result in (pin.RIGHT, pin.WRONG):
            async with self._saving_pin:
                await asyncio.to_thread(pin_file.save, self._site.state, self._pin.record(self._monotonic_s()))
        return verdict

    async def _send_alarm_test(self) -> Answer:
        try:
            stored = await self._other.run(self._site.test_alarm)
        except StoreError as error:
            return json_answer(503, {"result": "not_stored", "reason": error.reason})
        except TimeoutError:
            return json_answer(503, {"result": "unclear"})  # what has begun goes on
        self.counts["web.alarm_tests"] += 1
        _LOG.info("alarm test, by the local page")
        return json_answer(200, {"result": "sent", "boot": stored.boot, "seq": stored.seq})


def _not_this_way(allowed: str) -> Answer:
    return Answer(405, f"This address takes {allowed}.\n".encode(), TEXT, {"Allow": allowed})
