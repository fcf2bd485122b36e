# What a gateway reads and polls itself, besides its nodes on MQTT: wired nodes, instruments, reference monitors, a GPS receiver. The
# list "sources" of its desired document, as tables; what is checked by them stands in sources.py.
#
#   {"source": "roof", "kind": "modbus", "port": "rs485_a", "period_ms": 60000,
#    "instruments": [{"slot": 0, "part": "xy_md02", "address": 3, "serial": "A-17"}]}
#   {"source": "yard", "kind": "nodes", "port": "rs485_b", "mode": "multidrop", "baud": 9600, "nodes": [{"node": "n-0007", "address": 7}]}
#   {"source": "bam", "kind": "bam1020", "port": "usb_bam", "slot": 1, "quantity": "pm2_5_mass", "clock_offset_min": 480}
#   {"source": "grimm", "kind": "bayern_hessen", "port": "rs232", "slot": 2, "channels": [{"id": 25, "quantity": "pm2_5_mass"}]}
#   {"source": "car", "kind": "gps", "port": "gps"}
#
# `port` is a name that the gateway's own configuration maps to a device: no path ever comes from the fleet. What an instrument reads
# stands in the reports of the gateway itself, each under its slot. What the keys mean: meanings.py.

from contract.frames import GREATEST_ADDRESS
from contract.identity import MODES
from contract.profiles import PARITIES
from contract.site.shapes import MAX_SLOT

MAX_SOURCES = 16
MAX_INSTRUMENTS = MAX_SLOT + 1
MAX_CHANNELS = 24
MAX_SERIAL = 100  # characters

NODES = "nodes"
MODBUS = "modbus"
BAM1020 = "bam1020"
BAYERN_HESSEN = "bayern_hessen"
GPS = "gps"

_BAUD = ("baud", "", 9600, 1200, 921600)
_SLOT = ("slot", "", None, 0, MAX_SLOT)
_PERIOD = ("period_ms", "ms", 60000, 1000, 900000)
_POLL = ("poll_ms", "ms", 10000, 500, 900000)
# key, unit, default (None: required), least, greatest
NUMBERS = {
    NODES: (_BAUD, ("answer_ms", "ms", 400, 160, 5000)),
    MODBUS: (_PERIOD,),
    BAM1020: (
        _BAUD,
        _SLOT,
        ("poll_ms", "ms", 60000, 1000, 3600000),
        ("clock_offset_min", "min", 0, -720, 840),
        ("clock_error_s", "s", 120, 1, 3600),
    ),
    BAYERN_HESSEN: (_BAUD, _SLOT, _PERIOD, _POLL, ("timeout_ms", "ms", 1000, 100, 10000)),
    GPS: (_BAUD, ("track_ms", "ms", 5000, 1000, 10000), ("silent_s", "s", 10, 2, 600)),
}
INSTRUMENT_NUMBERS = (
    _SLOT,
    ("address", "", 1, 1, 247),
    ("poll_ms", "ms", 2000, 500, 900000),
    ("baud", "", 0, 0, 115200),
)
CHANNEL_NUMBERS = (
    ("id", "", None, 0, 999),
    ("multiply", "", 1, 1, 1000000),
    ("divide", "", 1, 1, 1000000000),
)

BAM_DIALECTS = ("query", "csv")
BAM_QUANTITIES = ("pm1_mass", "pm2_5_mass", "pm10_mass")
SERIAL_PARITIES = PARITIES
INSTRUMENT_PARITIES = ("profile",) + PARITIES
# key, choices, default (None: required)
CHOICES = {
    NODES: (("mode", MODES, "multidrop"),),
    MODBUS: (),
    BAM1020: (("dialect", BAM_DIALECTS, "query"), ("quantity", BAM_QUANTITIES, None)),
    BAYERN_HESSEN: (("parity", SERIAL_PARITIES, "N"),),
    GPS: (),
}
# Lists of a kind: key, most entries
LISTS = {NODES: ("nodes", GREATEST_ADDRESS), MODBUS: ("instruments", MAX_INSTRUMENTS), BAYERN_HESSEN: ("channels", MAX_CHANNELS)}
# Kinds that have an identity of their own; an instrument on a bus has one too.
WITH_SERIAL = (BAM1020, BAYERN_HESSEN)
ENTRY_KEYS = {
    NODES: ("node", "address"),
    MODBUS: ("part", "parity", "serial") + tuple(row[0] for row in INSTRUMENT_NUMBERS),
    BAYERN_HESSEN: ("quantity",) + tuple(row[0] for row in CHANNEL_NUMBERS),
}
