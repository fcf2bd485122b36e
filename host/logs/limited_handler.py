"""Writes the log of a service, of each kind of line no more than log_limit.py admits: ours, asyncio's, those of every library."""

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from host.logs.json_line import JsonLine
from host.logs.log_limit import LogLimit

_PLACES_TOLD = 10


class LimitedHandler(logging.Handler):
    """What is left out is counted, and told once a minute with the next line of any kind, and at the end."""

    def __init__(self, stream: TextIO, monotonic_s: Callable[[], float]) -> None:
        super().__init__()
        self._stream = stream
        self._monotonic_s = monotonic_s
        self._limit = LogLimit(monotonic_s())
        self.setFormatter(JsonLine())

    def emit(self, record: logging.LogRecord) -> None:
        now_s = self._monotonic_s()
        exception = record.exc_info[0] if record.exc_info else None
        kind = (record.name, record.levelno, record.pathname, record.lineno, exception)
        if not self._limit.admits(kind, now_s) or not self._written(record, now_s):
            self._limit.leave_out(record.name)
        self._tell(now_s)

    def close(self) -> None:
        self._tell(self._monotonic_s(), at_once=True)
        super().close()

    def handleError(self, record: logging.LogRecord) -> None:
        """A line that cannot be written is lost: a trace on the same stream would be lost too, or be the flood."""

    def _written(self, record: logging.LogRecord, now_s: float) -> bool:
        try:
            line = self.format(record) + "\n"
        except (TypeError, ValueError) as error:  # the text does not fit its arguments, or a value is no JSON
            line = f'{{"level": "error", "from": "host.logs", "text": "line of {record.name} cannot be written: {type(error).__name__}"}}\n'
        if not self._limit.has_room(len(line.encode(errors="replace")), now_s, urgent=record.levelno >= logging.WARNING):
            return False
        self._write(line)
        return True

    def _tell(self, now_s: float, *, at_once: bool = False) -> None:
        left_out = self._limit.pop_left_out(now_s, at_once=at_once)
        if left_out:
            record = logging.makeLogRecord({"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": "lines left out"})
            vars(record).update(count=left_out.total(), of=dict(left_out.most_common(_PLACES_TOLD)))
            self._write(self.format(record) + "\n")

    def _write(self, line: str) -> None:
        try:
            self._stream.write(line)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it any more, or it is closed
            pass


def set_up(level: str, monotonic_s: Callable[[], float], *filters: logging.Filter) -> None:
    """All that this process would write on standard error goes through one limit: logs, warnings, and what ends a thread."""
    handler = LimitedHandler(sys.stderr, monotonic_s)
    for one in filters:
        handler.addFilter(one)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_end_of_thread
    sys.unraisablehook = _log_unraisable


def _log_end_of_thread(found: threading.ExceptHookArgs) -> None:
    name = found.thread.name if found.thread else ""
    _log_exception("thread ended", found.exc_value, found.exc_traceback, {"of_thread": name})


def _log_unraisable(found: "sys.UnraisableHookArgs") -> None:
    _log_exception("exception that nobody took", found.exc_value, found.exc_traceback, {"in": repr(found.object)})


def _log_exception(text: str, error: BaseException | None, trace: TracebackType | None, ids: dict[str, str]) -> None:
    info = (type(error), error, trace) if error else None
    logging.getLogger(__name__).error(text, exc_info=info, extra=ids)
