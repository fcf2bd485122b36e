# Modbus transmitters as data: what to ask, and what the answer means. There is no common register map: one vendor family uses
# register 6 for TVOC on one model and for ozone on another, so a profile is of exactly one model.
#
# line: (baud, data bits, parity "N" "E" "O", stop bits) as shipped.   settle_ms: from power-on to values that count.
# timeout_ms: longest wait for the first byte of a reply.              Where each map is from: meanings.PROFILE_SOURCES.
# fields: (function 3 or 4, register, type, quantity key, multiply, divide, sentinels). The wire value of the quantity is
#   raw * multiply // divide. Types: "u16", "s16", big-endian. A sentinel is a raw word that means "no value".

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

PROFILES: "dict[str, dict[str, Any]]" = {
    "jxct_tvoc": {
        "line": (9600, 8, "N", 1),
        "settle_ms": 15000,
        "timeout_ms": 500,
        "fields": ((3, 0x0006, "u16", "tvoc", 10, 1, (0xFFFF, 0x7FFF, 0x8000)),),
        "saturation": (("tvoc", 10000),),
    },
    "xy_md02": {
        "line": (9600, 8, "N", 1),
        "settle_ms": 1000,
        "timeout_ms": 500,
        "fields": (
            (4, 0x0001, "s16", "temperature", 10, 1, (0x7FFF, 0x8000)),
            (4, 0x0002, "u16", "humidity", 10, 1, (0xFFFF,)),
        ),
        "saturation": (),
    },
    "renke_rs_ws": {
        "line": (4800, 8, "N", 1),
        "settle_ms": 1000,
        "timeout_ms": 500,
        "fields": (
            (3, 0x0000, "u16", "humidity", 10, 1, (0xFFFF,)),
            (3, 0x0001, "s16", "temperature", 10, 1, (0x7FFF, 0x8000)),
        ),
        "saturation": (),
    },
}
