"""How much is written into a log, whatever happens."""

import json
import logging
import subprocess
import sys
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.logs.limited_handler import LimitedHandler
from host.logs.log_limit import LogLimit

HOUR_S = 3600
MEGABYTE = 1_000_000


class Log:
    """A logger with the handler on text of its own; the time is that of the test."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.stream = StringIO()
        self.handler = LimitedHandler(self.stream, lambda: self.now_s)
        self.logger = logging.Logger("a.b", logging.INFO)
        self.logger.addHandler(self.handler)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


def test_of_one_kind_some_are_written_and_then_one_a_minute_with_the_count() -> None:
    log = Log()
    for second in range(300):
        log.now_s = float(second)
        for n in range(10):
            log.logger.error("number %d of %d", n, second)
    ours = [line for line in log.lines if line["from"] == "a.b"]
    told = [line for line in log.lines if line["text"] == "lines left out"]
    assert len(ours) == 20 + 4
    assert [line["of"] for line in told][:1] == [{"a.b": 60 * 10 - 20}]
    assert len(told) == 4
    log.handler.close()
    assert sum(line["count"] for line in log.lines if line["text"] == "lines left out") + len(ours) == 3000


def test_another_kind_is_written_meanwhile() -> None:
    log = Log()
    for _ in range(1000):
        log.logger.error("again")
    log.logger.error("another")
    assert [line["text"] for line in log.lines[-1:]] == ["another"]
    for error in (KeyError("k"), ValueError("v")):
        for _ in range(30):
            log.logger.error("crashed", exc_info=error)
    assert Counter(line["text"] for line in log.lines)["crashed"] == 40


def test_after_quiet_a_kind_is_written_as_at_first() -> None:
    log = Log()
    for log.now_s in (0.0, 20 * 60.0):
        for _ in range(30):
            log.logger.error("again")
    assert sum(line["text"] == "again" for line in log.lines) == 40


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 8000), st.booleans(), st.floats(0, 20)), max_size=300))
def test_no_mixture_of_kinds_makes_more_than_a_megabyte_an_hour(steps: list[tuple[int, int, bool, float]]) -> None:
    limit, now_s, written = LogLimit(0.0), 0.0, 0
    for kind, size, urgent, later_s in steps:
        now_s += later_s
        if now_s > HOUR_S:
            break
        # Two hundred of it at once, from ever other places.
        for place in range(200):
            if limit.admits((kind, place), now_s) and limit.has_room(size, now_s, urgent=urgent):
                written += size
    assert written < MEGABYTE
    assert len(limit._kinds) <= 500


@pytest.mark.parametrize("size", [100, 6000])
def test_an_hour_of_ever_other_kinds_fills_less_than_a_megabyte(size: int) -> None:
    limit, written = LogLimit(0.0), 0
    for second in range(HOUR_S):
        for place in range(100):
            if limit.admits((second, place), second) and limit.has_room(size, second, urgent=True):
                written += size
    assert 0.85 * MEGABYTE < written < MEGABYTE


def test_a_storm_of_all_kinds_leaves_room_for_what_is_wrong() -> None:
    limit = LogLimit(0.0)
    while limit.has_room(100, 0.0, urgent=False):
        pass
    assert limit.has_room(49_000, 0.0, urgent=True)


@pytest.mark.parametrize("what", ["text", "value", "list", "trace"])
def test_a_line_is_bounded(what: str) -> None:
    log, much = Log(), "x" * 100_000
    if what == "text":
        log.logger.error("got %s", much)
    elif what == "value":
        log.logger.error("got", extra={"body": much})
    elif what == "list":
        log.logger.error("got", extra={"faults": [much, much]})
    else:
        log.logger.error("got", exc_info=ValueError(much))
    assert len(log.stream.getvalue()) < 6000
    assert len(log.lines) == 1


def test_a_line_that_cannot_be_made_is_told_of() -> None:
    log = Log()
    log.logger.error("%d", "no number")
    assert log.lines[0]["text"] == "line of a.b cannot be written: TypeError"


def test_a_stream_that_is_gone_ends_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    log = Log()
    log.stream.close()
    log.logger.error("unheard")
    assert capfd.readouterr() == ("", "")


_STORM = """
import asyncio, logging, sys, threading, time, warnings
from host.logs.limited_handler import set_up

set_up("info", time.monotonic)

def ends() -> None:
    raise ValueError("in a thread")

class Bad:
    def __del__(self) -> None:
        raise ValueError("in __del__")

async def main() -> None:
    loop = asyncio.get_running_loop()
    for n in range(2000):
        loop.call_soon(ends)
        Bad()
        warnings.warn(f"number {n}", stacklevel=1)
        logging.getLogger("aiohttp.server").error("Error handling request from %s", n, exc_info=ValueError(n))
        if n % 20 == 0:
            thread = threading.Thread(target=ends)
            thread.start()
            thread.join()
        await asyncio.sleep(0)

asyncio.run(main())
"""


def test_nothing_that_a_process_says_of_itself_goes_around_the_limit() -> None:
    done = subprocess.run([sys.executable, "-W", "always", "-c", _STORM], check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(done.stderr) < 200_000 + 2000
    places = Counter(line["from"] for line in lines)
    assert {"asyncio", "aiohttp.server", "py.warnings"} <= set(places) and max(places.values()) <= 40
    left_out = Counter[str]()
    for line in lines:
        left_out.update(line.get("of", {}))
    assert left_out["asyncio"] == left_out["py.warnings"] == 2000 - 20
