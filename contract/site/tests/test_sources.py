# The sources of a gateway with and without faults, and what stands where nothing is said.

from contract.faults import Fault, path_text
from contract.site.source_kinds import CHOICES, LISTS, NUMBERS
from contract.site.sources import faults, slots, unknown_keys, with_defaults

_BUS: "dict[str, object]" = {"source": "roof", "kind": "modbus", "port": "rs485_a", "instruments": [{"slot": 0, "part": "xy_md02"}]}
_LINE: "dict[str, object]" = {"source": "yard", "kind": "nodes", "port": "rs485_b", "nodes": [{"node": "n-7", "address": 7}]}
_BAM: "dict[str, object]" = {"source": "bam", "kind": "bam1020", "port": "usb_bam", "slot": 1, "quantity": "pm2_5_mass"}
_GRIMM: "dict[str, object]" = {
    "source": "grimm",
    "kind": "bayern_hessen",
    "port": "rs232",
    "slot": 2,
    "channels": [{"id": 25, "quantity": "pm2_5_mass"}],
}
_GPS: "dict[str, object]" = {"source": "car", "kind": "gps", "port": "gps"}
_ALL = [_BUS, _LINE, _BAM, _GRIMM, _GPS]


def _but(base: "dict[str, object]", **more: object) -> "dict[str, object]":
    made = dict(base)
    made.update(more)
    return made


def _two(one: "dict[str, int]", other: "dict[str, int]") -> "list[object]":
    first: "dict[str, object]" = {"slot": 0, "part": "xy_md02", "address": 1}
    second: "dict[str, object]" = {"slot": 3, "part": "xy_md02", "address": 2}
    first.update(one)
    second.update(other)
    return [first, second]


# name, sources, paths of the faults
_BAD: "tuple[tuple[str, object, list[str]], ...]" = (
    ("no list", {}, ["$"]),
    ("too many", [_GPS] * 17, ["$"]),
    ("no object", ["x"], ["[0]"]),
    ("unknown kind", [_but(_GPS, kind="sonar")], ["[0].kind"]),
    ("a list for a kind", [_but(_GPS, kind=[])], ["[0].kind"]),
    ("a list for a quantity", [_but(_GRIMM, channels=[{"id": 1, "quantity": []}])], ["[0].channels[0].quantity"]),
    ("a path for a port", [_but(_GPS, port="/dev/ttyUSB0")], ["[0].port"]),
    ("a number out of its range", [_but(_GPS, track_ms=1)], ["[0].track_ms"]),
    ("truth for a number", [_but(_GPS, silent_s=True)], ["[0].silent_s"]),
    ("no slot", [{"source": "bam", "kind": "bam1020", "port": "p", "quantity": "pm2_5_mass"}], ["[0].slot"]),
    ("no quantity", [{"source": "bam", "kind": "bam1020", "port": "p", "slot": 1}], ["[0].quantity"]),
    ("a dialect that no monitor speaks", [_but(_BAM, dialect="smoke")], ["[0].dialect"]),
    ("an invalid serial number", [_but(_BAM, serial=7)], ["[0].serial"]),
    ("an empty bus", [_but(_BUS, instruments=[])], ["[0].instruments"]),
    ("an instrument that nobody knows", [_but(_BUS, instruments=[{"slot": 0, "part": "x"}])], ["[0].instruments[0].part"]),
    ("an instrument without a slot", [_but(_BUS, instruments=[{"part": "xy_md02"}])], ["[0].instruments[0].slot"]),
    ("an invalid baud rate", [_but(_BUS, instruments=_two({"baud": 17}, {}))], ["[0].instruments[0].baud"]),
    ("one address twice", [_but(_BUS, instruments=_two({}, {"address": 1}))], ["[0].instruments[1].address"]),
    ("two lines on a bus", [_but(_BUS, instruments=_two({}, {"baud": 4800}))], ["[0].instruments[1].baud"]),
    ("one slot twice on a bus", [_but(_BUS, instruments=_two({}, {"slot": 0}))], ["[0].slot"]),
    ("a shipped name delivered", [_but(_BUS, profiles={"xy_md02": {}})], ["[0].profiles"]),
    ("a node without an address", [_but(_LINE, nodes=[{"node": "n-7"}])], ["[0].nodes[0].address"]),
    (
        "two nodes at one address",
        [_but(_LINE, nodes=[{"node": "a", "address": 1}, {"node": "b", "address": 1}])],
        ["[0].nodes[1].address"],
    ),
    ("two nodes at two ends", [_but(_LINE, mode="point", nodes=[{"node": "a"}, {"node": "b", "address": 2}])], ["[0].nodes"]),
    ("an id that no monitor has", [_but(_GRIMM, channels=[{"id": 1000, "quantity": "pm10_mass"}])], ["[0].channels[0].id"]),
    ("a quantity that nobody knows", [_but(_GRIMM, channels=[{"id": 1, "quantity": "luck"}])], ["[0].channels[0].quantity"]),
    ("one name twice", [_GPS, _but(_BAM, source="car")], ["[1].source"]),
    ("one port twice", [_GPS, _but(_BAM, port="gps")], ["[1].port"]),
    ("one slot twice", [_BUS, _but(_BAM, slot=0)], ["[1].slot"]),
    ("two places at once", [_GPS, _but(_GPS, source="other", port="other")], ["[1].kind"]),
    ("a node on two lines", [_LINE, _but(_LINE, source="x", port="x")], ["[1].nodes"]),
)


def _texts(found: "list[Fault]") -> "list[str]":
    return [path_text(fault.path) for fault in found]


def test_good_sources_have_no_fault() -> None:
    assert faults([]) == [] == faults(_ALL)
    assert faults([_but(_LINE, mode="usb", nodes=[{"node": "n-7"}])]) == []
    assert faults([_but(_GPS, later={"x": 1})]) == []


def test_every_fault_is_found_with_its_path() -> None:
    for name, sources, paths in _BAD:
        found = faults(sources)
        assert [text for text in _texts(found) if ".profiles.xy_md02." not in text] == paths, (name, found)
        assert all(fault.allowed for fault in found), name


def test_all_faults_are_listed_at_once() -> None:
    found = faults([_but(_GPS, track_ms=1, silent_s=0), _but(_BAM, slot=16)])
    assert _texts(found) == ["[0].track_ms", "[0].silent_s", "[1].slot"]


def test_what_is_not_named_has_its_default() -> None:
    bus, line, bam, grimm, gps = [with_defaults(source) for source in _ALL]
    [instrument] = bus["instruments"]
    assert (bus["period_ms"], instrument["address"], instrument["profile"]["line"]) == (60000, 1, (9600, 8, "N", 1))
    assert (line["mode"], line["baud"], line["nodes"]) == ("multidrop", 9600, [{"node": "n-7", "address": 7}])
    assert (bam["dialect"], bam["serial"], bam["clock_offset_min"]) == ("query", "", 0)
    assert grimm["channels"] == [{"id": 25, "quantity": "pm2_5_mass", "multiply": 1, "divide": 1}]
    assert gps["track_ms"] == 5000


def test_a_bus_runs_at_what_its_instruments_name() -> None:
    [instrument] = with_defaults(_but(_BUS, instruments=[{"slot": 0, "part": "xy_md02", "baud": 19200, "parity": "E"}]))["instruments"]
    assert instrument["profile"]["line"] == (19200, 8, "E", 1)


def test_a_profile_that_a_bus_brings_serves_its_instruments() -> None:
    profile = {"line": [9600, 8, "N", 1], "fields": [{"register": 0, "type": "u16", "quantity": "wind_speed", "multiply": 10}]}
    bus = _but(_BUS, profiles={"vane": profile}, instruments=[{"slot": 4, "part": "vane"}])
    assert faults([bus]) == [] == unknown_keys([bus])
    assert with_defaults(bus)["instruments"][0]["profile"]["fields"][0][1:3] == (0, "u16")


def test_slots_are_those_of_what_reads() -> None:
    assert [slots(source) for source in _ALL] == [[0], [], [1], [2], []]


def test_a_key_that_no_row_names_is_refused_where_people_type() -> None:
    assert unknown_keys(_ALL) == []
    wrong = [_but(_BUS, luck=1, instruments=[{"slot": 0, "part": "xy_md02", "colour": 1}]), _but(_GPS, serial="x")]
    assert _texts(unknown_keys(wrong)) == ["[0].luck", "[0].instruments[0].colour", "[1].serial"]


def test_the_tables_name_the_same_kinds() -> None:
    assert sorted(NUMBERS) == sorted(CHOICES) and all(kind in NUMBERS for kind in LISTS)
