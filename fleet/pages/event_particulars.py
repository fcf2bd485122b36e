"""The particulars of an event as short texts, for a line of a list."""

from collections.abc import Callable
from typing import Any

from contract.site import alarm_events
from fleet.pages import words
from fleet.pages.wording import Wording
from fleet.record import event_texts
from fleet.record.event_list import Event

# What is shown elsewhere, or is too long for a line.
_LEFT_OUT = frozenset({"node", "channels", "calibrations", "version", "since_ms", "at_ms", "slot"})
# Of an alarm only this: its sentence stands in the list of alarms.
_OF_ALARMS = ("rule", "phase", "value", "limit", "why")
_MOST = 6
_MOST_CHARACTERS = 60


def particulars(wording: Wording) -> Callable[[Event], list[str]]:
    def texts(event: Event) -> list[str]:
        found = {key: value for key, value in event.particulars.items() if key not in _LEFT_OUT and value not in ("", None, [], {})}
        if event.kind == alarm_events.KEY:
            read = {**found, **_numbers(found)}
            found = {key: read[key] for key in _OF_ALARMS if key in read}
            if (phase := str(found.get("phase"))) in words.PHASES:
                found["phase"] = wording.translate(words.PHASES[phase])
        named = {key.removesuffix("_name"): value for key, value in found.items() if key.endswith("_name")}
        shown = {key: named.get(key, value) for key, value in found.items() if not key.endswith("_name")}
        return [_text(key, value, wording) for key, value in list(shown.items())[:_MOST]]

    return texts


def _numbers(found: dict[str, Any]) -> dict[str, str]:
    # As the sentence of the alarm has them: whatever a node may have sent in their place stays as it came.
    value, limit = found.get("value"), found.get("limit")
    if not isinstance(value, int | float) or not isinstance(limit, int | float):
        return {}
    said = event_texts.numbers(str(found.get("quantity", "")), value, limit, str(found.get("unit", "")))
    return dict(zip(("value", "limit"), said, strict=True))


def _text(key: str, value: Any, wording: Wording) -> str:
    written = wording.of(value) if isinstance(value, dict) and wording.code in value else value
    if isinstance(written, list):
        written = ", ".join(map(str, written))
    # The empty message is not one to translate: gettext answers it with the head of the catalogue.
    label = words.PARTICULARS.get(key, key.replace("_", " "))
    label = wording.translate(label) if label and key in words.PARTICULARS else label
    return f"{label} {written}".strip()[:_MOST_CHARACTERS]
