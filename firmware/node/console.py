# What a technician can ask of the node at its own serial port: one line in, lines of text out, or one line of JSON when the typed line
# ends with the word json. Loaded for one line (console_input.py). It changes nothing but by ConsoleAccess.change, and touches no wire.

import gc
import json
import os

from contract import quality
from contract.faults import path_text
from node import VERSION, parts, transient_import
from node.clock import uptime_ms
from node.portable import const, sleep_ms

_RAW_S = const(3)
_RAW_MOST_S = const(30)
_RAW_BYTES = const(1024)
_PROBE_PATH = "/probe"
_HELP = (
    ("help", "this"),
    ("status", "the node, its link, clock, memory and crashes"),
    ("sensors", "identity, last period and counters of every part"),
    ("raw <port> [seconds]", "the bytes on a port, in hex"),
    ("selftest", "sensors, link, clock, flash: pass or fail"),
    ("set <key> <json>", "changes a setting until the fleet sends other settings or the node restarts"),
)


async def run(line: str, access) -> None:
    """access: a tasks.Inside."""
    as_json = line.endswith(" json")
    words = (line[:-5] if as_json else line).strip().split(None, 2)
    command = words[0] if words else "help"
    if command == "status":
        answer = _status(access)
    elif command == "sensors":
        answer = _sensors(access)
    elif command == "selftest":
        answer = _selftest(access)
    elif command == "raw":
        answer = await _raw(access, words[1:])
    elif command == "set":
        answer = _set(access, words[1:])
    else:
        answer = {"commands": [[usage, what] for usage, what in _HELP]}
        if command != "help":
            answer["error"] = "no such command: " + command
    print(json.dumps(answer) if as_json else _text(answer))


def _text(answer: dict) -> str:
    lines = []
    for key in sorted(answer):
        value = answer[key]
        if isinstance(value, list):
            lines.append(key + ":")
            lines.extend("  " + " ".join(str(cell) for cell in row) for row in value)
        else:
            lines.append("%s: %s" % (key, value))
    return "\n".join(lines)


def _status(access) -> dict:
    now = uptime_ms()
    known = access.clock.utc(now)
    answer = _identity()
    answer.update({"hw": access.wiring.NAME, "link": transient_import.call("node.link_steps", "steps", access.carrier, access.session)})
    answer.update({"fw": VERSION, "boot": access.session.boot, "uptime_ms": now, "settings": access.store.version})
    answer.update({"linked": access.carrier.is_linked(), "heap_free": gc.mem_free(), "local_changes": access.local_changes})
    answer.update({"utc_ms": known and known[0], "utc_error_ms": known and known[1], "safe_mode": access.safe.active})
    answer["crashes"] = access.safe.counters["crashes"]
    return answer


def _identity() -> dict:
    # Out of the file: what is asked once a year is not kept on the heap. The keys in it stay there.
    try:
        with open("/identity.json") as file:
            fields = json.load(file)
    except (OSError, ValueError):
        return {}
    return {key: fields[key] for key in ("node", "gateway", "site") if key in fields}


def _sensors(access) -> dict:
    names = _quality_names()
    rows = [[row[0], row[1], names[row[2]]] + row[3:] for row in access.measuring.latest]
    counted = [[slot, name, counters[name]] for slot, counters in access.measuring.counters() for name in sorted(counters)]
    return {"parts": access.measuring.identity(), "slot, quantity, quality, n, mean, least, greatest": rows, "counters": counted}


def _quality_names() -> dict:
    return {getattr(quality, name): name.lower() for name in dir(quality) if isinstance(getattr(quality, name), int)}


def _selftest(access) -> dict:
    names = _quality_names()
    checks = []
    for slot in sorted({row[0] for row in access.measuring.latest}):
        found = [row for row in access.measuring.latest if row[0] == slot]
        bad = [row for row in found if row[2] not in quality.USABLE]
        checks.append(["slot %d" % slot, not bad, names[bad[0][2]] if bad else "%d channels" % len(found)])
    if not checks:
        checks.append(["sensors", False, "no period is over yet, or there is no sensor"])
    link = transient_import.call("node.link_steps", "steps", access.carrier, access.session)
    broken = transient_import.call("node.link_steps", "first_failure", link)
    linked = access.carrier.is_linked() and not broken
    checks.append(["link", linked, "up" if linked else broken or "under way"])
    known = access.clock.utc(uptime_ms())
    checks.append(["clock", known is not None, "within %d ms" % known[1] if known else "never synchronised"])
    fault = _flash_fault()
    checks.append(["flash", not fault, fault or "written and read"])
    checks.append(["drivers", not access.safe.active, "off: safe mode" if access.safe.active else "on"])
    return {"ok": all(check[1] for check in checks), "checks": checks}


def _flash_fault() -> str:
    content = b"\x00\xffprobe"
    try:
        with open(_PROBE_PATH, "wb") as file:
            file.write(content)
        with open(_PROBE_PATH, "rb") as file:
            same = file.read() == content
        os.remove(_PROBE_PATH)
    except OSError as error:
        return "error %s" % error.args[0]
    return "" if same else "reads back other bytes"


async def _raw(access, words: list) -> dict:
    try:
        number, seconds = int(words[0]), int(words[1]) if len(words) > 1 else _RAW_S
        port = access.measuring.ports[number]
    except (IndexError, ValueError, KeyError):
        return {"error": "raw <port> [seconds]: no part uses such a port; in use: %s" % sorted(access.measuring.ports)}
    seen: list = []
    room = [_RAW_BYTES]

    def tap(sent: bool, data) -> None:
        room[0] -= len(data)
        if room[0] >= 0:
            seen.append(["sent" if sent else "received", bytes(data).hex()])

    port.tap = tap
    try:
        await sleep_ms(1000 * max(1, min(seconds, _RAW_MOST_S)))
    finally:
        port.tap = None
    return {"port": number, "bytes": seen, "cut": room[0] < 0}


def _set(access, words: list) -> dict:
    try:
        key, value = words[0], json.loads(words[1])
    except (IndexError, ValueError):
        return {"error": "set <key> <json>, such as: set period_ms 5000"}
    document = dict(access.store.settings)
    document[key] = value
    faults = transient_import.call("contract.settings", "unknown_keys", {key: value})
    faults = faults or transient_import.call("contract.settings", "faults", document)
    faults = faults or parts.faults(document["sensors"], access.wiring.PORTS)
    if faults:
        return {"ok": False, "faults": [[path_text(fault.path), fault.allowed] for fault in faults]}
    access.change(key, transient_import.call("contract.settings", "with_defaults", document))
    return {"ok": True, "until": "the fleet sends other settings, or the node restarts"}
