"""The tables of docs/protocol.md, made from the contract. The prose around them is written by hand in that very file.

A part between `<!-- table: NAME -->` and `<!-- end -->` is replaced by the table of that name; everything else stays.
    python -m tools.protocol_doc            writes the document
    python -m tools.protocol_doc --check    exits 1 when it is stale
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract import authentication, frames, messages, profiles, quality, quantities, settings, topics, values
from contract.shipped_profiles import PROFILES
from contract.site import gateway_settings, gps_positions, meanings, qualities, shapes, source_kinds
from contract.site.node_messages import FIELDS as WRITTEN
from tools import device_api_tables
from tools.markdown import table, wrapped

CHECKOUT = Path(__file__).parent.parent
DOCUMENT = CHECKOUT / "docs" / "protocol.md"
VECTORS = CHECKOUT / "contract" / "tests" / "vectors"
FIELDS = {**WRITTEN, **messages.DOWN_FIELDS}
_PART = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

# How a shape reads; {0} and {1} are the limits of its row.
_SHAPES = {
    "int": "integer, {0} to {1}",
    "text": "text, {0} to {1} characters",
    "boot": "boot id",
    "bool": "true or false",
    "object": "object",
    "channels": "list of {0} to {1} channels",
    "parts": "list of {0} to {1} parts",
    "texts": "list of {0} to {1} texts",
    "ranges": "list of {0} to {1} ranges",
}


def render(text: str) -> str:
    """The document with every table rendered again. Raises KeyError on an unknown table."""
    return _PART.sub(lambda part: f"{part[1]}\n{TABLES[part[2]]().rstrip()}\n\n{part[3]}", text)


def _vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def _code(text: str) -> str:
    return f"```\n{text}\n```\n"


def limits() -> str:
    rows = (
        ("body of a message", messages.MAX_MESSAGE_BYTES, "bytes", "refused"),
        ("items in a message", messages.MAX_ITEMS, "", "refused"),
        ("channels in a report", shapes.MAX_CHANNELS, "", "the item is refused"),
        ("sequence number", messages.MAX_SEQ, "", "the item is refused"),
        ("version of settings", values.MAX_SETTINGS_VERSION, "", "the settings are refused by the node"),
        ("version of settings, ahead of the node's", values.MAX_VERSIONS_AHEAD, "", "the settings are refused by the node"),
        ("integer anywhere", values.MAX_INT, "either sign", "the item or message is refused"),
        ("value of a quantity", shapes.MAX_SCALED, "either sign", "the item is refused"),
        ("nesting of a free part", values.MAX_DEPTH, "levels", "the item or message is refused"),
        ("key in a free part", values.MAX_KEY, "characters", "the item or message is refused"),
        ("node id", topics.MAX_NODE_CHARACTERS, "characters", "the message is ignored"),
        ("payload of a serial frame", frames.MAX_PAYLOAD_BYTES, "bytes", "the frame is dropped and counted `too_long`"),
        ("sources of a gateway", source_kinds.MAX_SOURCES, "", "the desired document is refused"),
        ("sensors of a node", settings.MAX_SENSORS, "", "the settings are refused"),
    )
    return table(("what", "limit", "unit", "beyond it"), rows)


def topic_names() -> str:
    rows = [(f"`{topics.topic(topics.UP, 'NODE', kind)}`", "node", _travels(kind)) for kind in messages.UP_TYPES]
    rows += [(f"`{topics.topic(topics.DOWN, 'NODE', kind)}`", "gateway", _travels(kind)) for kind in messages.DOWN_TYPES]
    return table(("topic", "published by", "carries"), rows)


def _travels(kind: str) -> str:
    return "items" if kind in messages.ITEM_TYPES else "one body"


def frame_example() -> str:
    case = next(case for case in _vectors("frames")["good"] if case["name"] == "the last address")
    spaced = " ".join(case["frame"][at : at + 2] for at in range(0, len(case["frame"]), 2))
    return _code(f"address {case['address']}, payload {case['payload']}:  {spaced}")


def frame_faults() -> str:
    meaning = {
        "cobs": "a zero or a length that stuffing does not make",
        "crc": "the checksum is of other bytes",
        "too_short": "fewer than address and checksum",
        "too_long": "longer than the longest frame",
        "address": f"an address above {frames.GREATEST_ADDRESS}",
    }
    return table(("counter", "meaning"), [(f"`{reason}`", meaning[reason]) for reason in frames.REASONS])


def seal_example() -> str:
    cases = _vectors("sealed")
    case = next(case for case in cases["good"] if case["name"] == "down")
    covered = f"{case['direction']}/{case['node']}/{case['type']}\\n{bytes.fromhex(case['body']).decode()}"
    sealed = bytes.fromhex(case["sealed"]).decode()
    digits = sealed[-2 * authentication.MAC_BYTES :]
    return _code(f"key      {cases['key']}\ncovered  {covered}\nseal     {digits}\nsealed   {sealed}")


def message_fields() -> str:
    return "\n".join(_message(kind) for kind in FIELDS)


def _message(kind: str) -> str:
    rows = [
        (f"`{key.rstrip('?')}`", _SHAPES[shape].format(least, greatest), "may be absent" if key.endswith("?") else "", _meaning(kind, key))
        for key, shape, least, greatest in FIELDS[kind]
    ]
    direction = "down" if kind in messages.DOWN_TYPES else "up"
    of = "one item" if kind in messages.ITEM_TYPES else "the body"
    example = json.dumps(_vectors("messages")["base"][kind], separators=(",", ":"), ensure_ascii=False)
    return f"### {kind} ({direction})\n\n{table((f'key of {of}', 'shape', '', 'meaning'), rows)}\n{_code(example)}"


def _meaning(kind: str, key: str) -> str:
    return meanings.FIELDS[kind][key.rstrip("?")]


def quantity_rows() -> str:
    rows = ((code, f"`{key}`", unit, scale, least, greatest) for code, key, unit, scale, least, greatest in quantities.QUANTITIES)
    return table(("id", "key", "unit", "scale", "least", "greatest"), rows)


def quality_rows() -> str:
    rows = (
        (code, f"`{key}`", _yes(code in quality.USABLE), _yes(code in quality.VALUED), meanings.QUALITIES[key])
        for code, key in qualities.QUALITIES
    )
    return table(("code", "key", "usable", "may have a value", "meaning"), rows)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def setting_rows() -> str:
    rows: list[tuple[object, ...]] = [_number_row(row, meanings.SETTINGS) for row in settings.NUMBERS]
    rows.append(("`sensors`", f"list of at most {settings.MAX_SENSORS}", "empty", meanings.SETTINGS["sensors"]))
    return table(("setting", "allowed", "default", "meaning"), rows)


def sensor_setting_rows() -> str:
    rows: list[tuple[object, ...]] = [_number_row(row, meanings.SENSOR_SETTINGS) for row in settings.SENSOR_NUMBERS]
    for key, choices, default in settings.SENSOR_CHOICES:
        allowed = ", ".join(f"`{choice}`" for choice in choices)
        rows.append((f"`{key}`", allowed, _default(default), meanings.SENSOR_SETTINGS[key]))
    return table(("key of a sensor", "allowed", "default", "meaning"), rows)


def _number_row(row: tuple[str, str, int | str | None, int, int], words: dict[str, str]) -> tuple[object, ...]:
    key, unit, default, least, greatest = row
    return f"`{key}`", f"{least} to {greatest} {unit}".rstrip(), _default(default), words[key]


def _default(value: object) -> str:
    return "required" if value is None else str(value)


def profile_keys() -> str:
    numbers = {row[0]: row for row in profiles.PROFILE_NUMBERS + profiles.FIELD_NUMBERS}
    rows = []
    for where, words in (("profile", meanings.PROFILE_KEYS), ("field", meanings.PROFILE_FIELD_KEYS)):
        for key, meaning in words.items():
            _, unit, default, least, greatest = numbers.get(key, (key, "", "", "", ""))
            rows.append((where, f"`{key}`", unit, "required" if default is None else default, least, greatest, meaning))
    return table(("of", "key", "unit", "default", "least", "greatest", "meaning"), rows)


def profile_rows() -> str:
    rows = []
    for name, profile in _profiles():
        for field in profile["fields"]:
            multiply, divide = field.get("multiply", 1), field.get("divide", 1)
            factor = f"{multiply}" if divide == 1 else f"{multiply}/{divide}"
            marks = ", ".join(f"{raw:04X}" for raw in field.get("none", ()))
            where = (field.get("function", 3), f"{field['register']:04X}", field["type"], f"`{field['quantity']}`")
            rows.append((f"`{name}`", _line(profile["line"]), *where, factor, marks))
    return table(("profile", "line", "function", "register", "type", "quantity", "times", "no value"), rows)


def _line(line: list[Any]) -> str:
    baud, bits, parity, stop = line
    return f"{baud} {bits}{parity}{stop}"


def profile_sources() -> str:
    whole = {name: profiles.whole(profile) for name, profile in _profiles()}
    rows = [(f"`{name}`", made["settle_ms"], made["timeout_ms"], meanings.PROFILE_SOURCES[name]) for name, made in whole.items()]
    return table(("profile", "settles in, ms", "answers within, ms", "source"), rows)


def source_keys() -> str:
    rows: list[tuple[object, ...]] = [("all", f"`{key}`", "", "required", meaning) for key, meaning in meanings.SOURCE_KEYS.items()]
    for kind, words in meanings.SOURCE_KIND_KEYS.items():
        rows += _key_rows(f"`{kind}`", words, source_kinds.NUMBERS[kind], source_kinds.CHOICES[kind])
    for kind, words in meanings.SOURCE_ENTRY_KEYS.items():
        numbers = {source_kinds.MODBUS: source_kinds.INSTRUMENT_NUMBERS, source_kinds.BAYERN_HESSEN: source_kinds.CHANNEL_NUMBERS}
        rows += _key_rows(f"each of `{source_kinds.LISTS[kind][0]}`", words, numbers.get(kind, ()), ())
    return table(("of", "key", "allowed", "default", "meaning"), rows)


def _key_rows(of: str, words: dict[str, str], numbers: tuple[Any, ...], choices: tuple[Any, ...]) -> list[tuple[object, ...]]:
    known = {row[0]: _number_row(row, words)[1:3] for row in numbers}
    known |= {key: (", ".join(f"`{one}`" for one in allowed), _default(default)) for key, allowed, default in choices}
    return [(of, f"`{key}`", *known.get(key, ("", "")), meaning) for key, meaning in words.items()]


def gateway_setting_rows() -> str:
    return table(
        ("setting", "allowed", "default", "meaning"), (_number_row(row, meanings.GATEWAY_SETTINGS) for row in gateway_settings.NUMBERS)
    )


def position_words() -> str:
    rows = [(f"`{key}`", "fix", f"NMEA quality {number}") for number, key in gps_positions.FIXES.items()]
    return table(("word", "of", "meaning"), rows + [(f"`{key}`", "why", meaning) for key, meaning in gps_positions.REASONS.items()])


def _profiles() -> list[tuple[str, dict[str, Any]]]:
    return sorted(PROFILES.items())


TABLES: dict[str, Callable[[], str]] = {
    one.__name__: one
    for one in (
        limits,
        topic_names,
        frame_example,
        frame_faults,
        seal_example,
        message_fields,
        quantity_rows,
        quality_rows,
        setting_rows,
        sensor_setting_rows,
        profile_keys,
        profile_rows,
        profile_sources,
        source_keys,
        gateway_setting_rows,
        position_words,
        *device_api_tables.TABLES,
    )
}


def main(arguments: list[str]) -> int:
    before = DOCUMENT.read_text(encoding="utf-8")
    after = wrapped(render(before))
    if "--check" in arguments:
        if after != before:
            print("docs/protocol.md is stale; run: python -m tools.protocol_doc", file=sys.stderr)
        return int(after != before)
    DOCUMENT.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
