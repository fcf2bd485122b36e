"""The tables of docs/protocol.md about the device API, made from contract/site/device_api.py."""

from collections.abc import Mapping

from contract.site import device_api
from tools.markdown import table


def device_limits() -> str:
    rows = (
        ("items, anchors, dropped ranges of a batch, each", device_api.MAX_BATCH_ITEMS, "", 413),
        ("body of `ingest`, also behind gzip", device_api.MAX_INGEST_BYTES, "bytes", 413),
        ("body of any other request", device_api.MAX_BODY_BYTES, "bytes", 413),
        ("version of a document, `have`", device_api.MAX_VERSION, "", 422),
        ("`wait`", device_api.MAX_WAIT_S, "s", 422),
        ("log lines of a request", device_api.MAX_LOG_LINES, "", 422),
        ("text of a log line or of a fault", device_api.MAX_TEXT_CHARACTERS, "characters", 422),
        ("faults of a report", device_api.MAX_REPORTED_FAULTS, "", 422),
        ("counters of a report", device_api.MAX_REPORTED_COUNTERS, "", 422),
    )
    return table(("what", "limit", "unit", "beyond it"), rows)


def item_refusals() -> str:
    return _words("reason", device_api.ITEM_REFUSALS)


def part_refusals() -> str:
    return _words("reason", device_api.PART_REFUSALS)


def datings() -> str:
    return _words("`how`", device_api.DATINGS)


def trial_states() -> str:
    return _words("state", device_api.TRIAL_STATES)


def _words(name: str, words: Mapping[str, str]) -> str:
    return table((name, "meaning"), [(f"`{word}`", meaning) for word, meaning in words.items()])


TABLES = (device_limits, item_refusals, part_refusals, datings, trial_states)
