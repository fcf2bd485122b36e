# The list "sources" of a gateway's desired document: its check, and what stands where nothing is said. The tables: source_kinds.py.

from contract import profiles as profile_table
from contract.faults import MISSING, Fault, below, unknown
from contract.frames import GREATEST_ADDRESS
from contract.profiles import number_faults
from contract.quantities import ID, is_quantity
from contract.shipped_profiles import PROFILES
from contract.site.source_kinds import (
    BAYERN_HESSEN,
    CHANNEL_NUMBERS,
    CHOICES,
    ENTRY_KEYS,
    GPS,
    INSTRUMENT_NUMBERS,
    INSTRUMENT_PARITIES,
    LISTS,
    MAX_SERIAL,
    MAX_SOURCES,
    MODBUS,
    NODES,
    NUMBERS,
    WITH_SERIAL,
)
from contract.topics import is_node_id
from contract.values import is_int, is_text

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def is_name(text: object) -> bool:
    """Of a source or a port: what a node may be called, and _."""
    return isinstance(text, str) and is_node_id(text.replace("_", "-"))


def faults(sources: object) -> "list[Fault]":
    """Every fault. An unknown key is not one: it is kept for a later version."""
    if not isinstance(sources, list) or len(sources) > MAX_SOURCES:
        return [Fault((), "a list of at most %d" % MAX_SOURCES, sources)]
    found: "list[Fault]" = []
    for index, source in enumerate(sources):
        found.extend(below((index,), _source_faults(source)))
    return found or _conflicts(sources)


def with_defaults(source: "dict[str, Any]") -> "dict[str, Any]":
    """A new source with every key present; instruments have their `profile`, whole, with the line that they name. No faults allowed."""
    kind = source["kind"]
    whole: "dict[str, Any]" = {row[0]: row[2] for row in NUMBERS[kind] + CHOICES[kind]}
    if kind in WITH_SERIAL:
        whole["serial"] = ""
    whole.update(source)
    if kind == MODBUS:
        whole["instruments"] = [_whole_instrument(one, source.get("profiles", {})) for one in source["instruments"]]
    elif kind == BAYERN_HESSEN:
        whole["channels"] = [dict([(row[0], row[2]) for row in CHANNEL_NUMBERS] + list(one.items())) for one in source["channels"]]
    elif kind == NODES:
        whole["nodes"] = [{"node": one["node"], "address": one.get("address", 1)} for one in source["nodes"]]
    return whole


def _whole_instrument(instrument: "dict[str, Any]", delivered: "dict[str, Any]") -> "dict[str, Any]":
    whole: "dict[str, Any]" = {row[0]: row[2] for row in INSTRUMENT_NUMBERS}
    whole["parity"] = INSTRUMENT_PARITIES[0]
    whole["serial"] = ""
    whole.update(instrument)
    profile = delivered.get(whole["part"]) or PROFILES[whole["part"]]
    baud, bits, parity, stop = profile["line"]
    whole["profile"] = profile_table.whole(profile)
    whole["profile"]["line"] = (whole["baud"] or baud, bits, parity if whole["parity"] == "profile" else whole["parity"], stop)
    return whole


def _fault(fields: "dict[str, Any]", key: str, allowed: str) -> Fault:
    return Fault((key,), allowed, fields.get(key, MISSING))


def _source_faults(source: object) -> "list[Fault]":
    if not isinstance(source, dict):
        return [Fault((), "an object", source)]
    found = []
    for key in ("source", "port"):
        if not is_name(source.get(key)):
            found.append(_fault(source, key, "1 to 32 of a-z, 0-9, - and _"))
    kind = source.get("kind")
    if not isinstance(kind, str) or kind not in NUMBERS:
        return found + [_fault(source, "kind", "one of " + ", ".join(sorted(NUMBERS)))]
    found.extend(number_faults(NUMBERS[kind], source))
    found.extend(_choice_faults(CHOICES[kind], source))
    if kind in WITH_SERIAL:
        found.extend(_serial_faults(source))
    if kind not in LISTS:
        return found
    key, most = LISTS[kind]
    entries = source.get(key)
    if not isinstance(entries, list) or not 1 <= len(entries) <= most:
        return found + [_fault(source, key, "a list of 1 to %d" % most)]
    return found + _ENTRY_FAULTS[kind](source, entries)


def _nodes_faults(source: "dict[str, Any]", nodes: "list[Any]") -> "list[Fault]":
    found = []
    multidrop = source.get("mode", "multidrop") == "multidrop"
    if not multidrop and len(nodes) != 1:
        found.append(Fault(("nodes",), "one, unless the line is multidrop", nodes))
    addresses, names = set(), set()
    for index, node in enumerate(nodes):
        if not isinstance(node, dict):
            found.append(Fault(("nodes", index), "an object", node))
            continue
        address = node.get("address", None if multidrop else 1)
        if not is_int(address, 1, GREATEST_ADDRESS) or address in addresses:
            allowed = "an integer, 1 to %d, each once" % GREATEST_ADDRESS
            found.append(Fault(("nodes", index, "address"), allowed, node.get("address", MISSING)))
        name = node.get("node")
        if not isinstance(name, str) or not is_node_id(name) or name in names:
            found.append(Fault(("nodes", index, "node"), "1 to 32 of a-z, 0-9 and -, each once", node.get("node", MISSING)))
        else:
            names.add(name)
        addresses.add(address if isinstance(address, int) else None)
    return found


def _instruments_faults(source: "dict[str, Any]", instruments: "list[Any]") -> "list[Fault]":
    delivered = source.get("profiles", {})
    if not isinstance(delivered, dict) or len(delivered) > profile_table.MAX_PROFILES:
        return [Fault(("profiles",), "an object of at most %d" % profile_table.MAX_PROFILES, delivered)]
    found = []
    for name in sorted(delivered, key=str):
        if not is_text(name, 1, 40) or name in PROFILES:
            found.append(Fault(("profiles",), "a name of 1 to 40 characters that no shipped profile has, not %s" % name, name))
        found.extend(below(("profiles", name), profile_table.faults(delivered[name])))
    for index, instrument in enumerate(instruments):
        found.extend(below(("instruments", index), _instrument_faults(instrument, delivered)))
    return found or _bus_faults(instruments, delivered)


def _instrument_faults(instrument: object, delivered: "dict[str, Any]") -> "list[Fault]":
    if not isinstance(instrument, dict):
        return [Fault((), "an object", instrument)]
    found = number_faults(INSTRUMENT_NUMBERS, instrument)
    if not isinstance(instrument.get("part"), str) or (instrument["part"] not in PROFILES and instrument["part"] not in delivered):
        found.append(_fault(instrument, "part", "one of " + ", ".join(sorted(list(PROFILES) + list(delivered)))))
    found.extend(_choice_faults((("parity", INSTRUMENT_PARITIES, "profile"),), instrument))
    found.extend(_serial_faults(instrument))
    if not found and instrument.get("baud", 0) not in (0,) + profile_table.BAUDS:
        allowed = "0 (as the profile says) or one of " + ", ".join(str(baud) for baud in profile_table.BAUDS)
        found.append(_fault(instrument, "baud", allowed))
    return found


def _bus_faults(instruments: "list[dict[str, Any]]", delivered: "dict[str, Any]") -> "list[Fault]":
    # Only for instruments that are each without fault.
    found = []
    whole = [_whole_instrument(one, delivered) for one in instruments]
    for index, one in enumerate(whole):
        if one["profile"]["line"] != whole[0]["profile"]["line"]:
            found.append(Fault(("instruments", index, "baud"), "the baud rate and parity of the first on its bus", one["baud"]))
        if one["address"] in [other["address"] for other in whole[:index]]:
            found.append(Fault(("instruments", index, "address"), "an address of its own", one["address"]))
    return found


def _channels_faults(source: "dict[str, Any]", channels: "list[Any]") -> "list[Fault]":
    found = []
    seen = []
    for index, channel in enumerate(channels):
        path = ("channels", index)
        if not isinstance(channel, dict):
            found.append(Fault(path, "an object", channel))
            continue
        found.extend(below(path, number_faults(CHANNEL_NUMBERS, channel)))
        if not is_quantity(channel.get("quantity")) or channel["quantity"] in seen:
            found.extend(below(path, [_fault(channel, "quantity", "each once, one of " + ", ".join(ID))]))
        seen.append(channel.get("quantity"))
    return found


_ENTRY_FAULTS: "dict[str, Callable[[dict, list], list]]" = {
    NODES: _nodes_faults,
    MODBUS: _instruments_faults,
    BAYERN_HESSEN: _channels_faults,
}


def _choice_faults(rows: "tuple[Any, ...]", fields: "dict[str, Any]") -> "list[Fault]":
    found = []
    for key, choices, default in rows:
        if key not in fields:
            if default is None:
                found.append(_fault(fields, key, "required; one of " + ", ".join(choices)))
        elif fields[key] not in choices:
            found.append(_fault(fields, key, "one of " + ", ".join(choices)))
    return found


def _serial_faults(fields: "dict[str, Any]") -> "list[Fault]":
    right = is_text(fields.get("serial", ""), 0, MAX_SERIAL)
    return [] if right else [_fault(fields, "serial", "text of at most %d characters" % MAX_SERIAL)]


def slots(source: "dict[str, Any]") -> "list[int]":
    """Under which its readings stand in the gateway's reports."""
    if source["kind"] == MODBUS:
        return [one["slot"] for one in source["instruments"]]
    return [source["slot"]] if "slot" in source else []


def _conflicts(sources: "list[dict[str, Any]]") -> "list[Fault]":
    # Only for sources that are each without fault.
    found = []
    names, ports, used, wired = [], [], [], []
    for index, source in enumerate(sources):
        if source["source"] in names:
            found.append(Fault((index, "source"), "a name of its own", source["source"]))
        if source["port"] in ports:
            found.append(Fault((index, "port"), "a port of its own", source["port"]))
        if source["kind"] == GPS and GPS in [other["kind"] for other in sources[:index]]:
            found.append(Fault((index, "kind"), "one GPS receiver", GPS))
        for slot in slots(source):
            if slot in used:
                found.append(Fault((index, "slot"), "slot %d once" % slot, slot))
            used.append(slot)
        for node in source["nodes"] if source["kind"] == NODES else ():
            if node["node"] in wired:
                found.append(Fault((index, "nodes"), "%s on one line" % node["node"], node["node"]))
            wired.append(node["node"])
        names.append(source["source"])
        ports.append(source["port"])
    return found


def unknown_keys(sources: "list[Any]") -> "list[Fault]":
    """Keys that no row of the tables names: to be refused where a person types, kept where a machine passes on."""
    found: "list[Fault]" = []
    for index, source in enumerate(sources):
        if isinstance(source, dict) and isinstance(source.get("kind"), str) and source["kind"] in NUMBERS:
            found.extend(below((index,), _unknown_keys(source)))
    return found


def _unknown_keys(source: "dict[str, Any]") -> "list[Fault]":
    kind = source["kind"]
    known = ["source", "kind", "port"] + [row[0] for row in NUMBERS[kind] + CHOICES[kind]]
    known += [LISTS[kind][0]] if kind in LISTS else []
    known += ["serial"] if kind in WITH_SERIAL else []
    known += ["profiles"] if kind == MODBUS else []
    found = unknown(source, known)
    key = LISTS[kind][0] if kind in LISTS else ""
    entries = source.get(key, [])
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            found.extend(below((key, index), unknown(entry, ENTRY_KEYS[kind])))
    delivered = source.get("profiles", {}) if kind == MODBUS else {}
    for name in delivered if isinstance(delivered, dict) else ():
        if isinstance(delivered[name], dict):
            found.extend(below(("profiles", name), profile_table.unknown_keys(delivered[name])))
    return found
