"""A record of the log as one line of JSON: time, level, place, text, and the ids that the call gave as `extra`; bounded in length."""

import json
import logging
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName", "asctime", "color_message"}
_MOST_TEXT = 1000
_MOST_TRACE = 4000


class JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "text": _beginning(record.getMessage()),
        }
        line |= {key: _short(value) for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["trace"] = _end(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


def _short(value: object) -> object:
    """The value, or the beginning of what it would be in the line."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return value if len(text) <= _MOST_TEXT else _beginning(text)


def _beginning(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} … of {len(text)} characters"


def _end(trace: str) -> str:
    """What went wrong stands last."""
    return trace if len(trace) <= _MOST_TRACE else f"{len(trace)} characters, which end in … {trace[-_MOST_TRACE:]}"
