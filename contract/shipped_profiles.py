# The profiles that come with the firmware: every transmitter whose register map is public and whole. Where each is from:
# meanings.PROFILE_SOURCES. Baud rate and parity are as shipped; a sensor's settings may say others.

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

_T = {"register": 1, "type": "s16", "quantity": "temperature", "multiply": 10, "none": [0x7FFF, 0x8000]}
_RH = {"register": 0, "type": "u16", "quantity": "humidity", "multiply": 10, "none": [0xFFFF]}
_TVOC = {"register": 6, "type": "u16", "quantity": "tvoc", "multiply": 10, "none": [0xFFFF, 0x7FFF, 0x8000], "saturates": 10000}
_PM2_5 = {"register": 4, "type": "u16", "quantity": "pm2_5_mass", "multiply": 100, "none": [0xFFFF]}
_PM10 = {"register": 9, "type": "u16", "quantity": "pm10_mass", "multiply": 100, "none": [0xFFFF]}
_9600 = [9600, 8, "N", 1]

PROFILES: "dict[str, dict[str, Any]]" = {
    "jxct_tvoc": {"line": _9600, "settle_ms": 15000, "fields": [_TVOC]},
    "jxct_air": {
        "line": _9600,
        "settle_ms": 15000,
        "fields": [
            _RH,
            _T,
            _PM2_5,
            {"register": 5, "type": "u16", "quantity": "co2_equivalent", "none": [0xFFFF]},
            _TVOC,
            _PM10,
        ],
    },
    "jxct_ozone": {
        "line": _9600,
        "settle_ms": 15000,
        "fields": [{"register": 6, "type": "u16", "quantity": "ozone", "multiply": 100, "none": [0xFFFF, 0x7FFF, 0x8000]}],
    },
    "jxct_pm": {"line": _9600, "settle_ms": 15000, "fields": [_PM2_5, _PM10]},
    "jxct_th": {"line": _9600, "fields": [_RH, _T]},
    "xy_md02": {
        "line": _9600,
        "fields": [
            {"function": 4, "register": 1, "type": "s16", "quantity": "temperature", "multiply": 10, "none": [0x7FFF, 0x8000]},
            {"function": 4, "register": 2, "type": "u16", "quantity": "humidity", "multiply": 10, "none": [0xFFFF]},
        ],
    },
    "md02_clone": {
        "line": [9600, 8, "E", 1],
        "fields": [
            {"function": 4, "register": 1, "type": "s16", "quantity": "temperature", "none": [0x7FFF, 0x8000]},
            {"function": 4, "register": 2, "type": "u16", "quantity": "humidity", "none": [0xFFFF]},
        ],
    },
    "renke_rs_ws": {"line": [4800, 8, "N", 1], "fields": [_RH, _T]},
    "enginique_air": {
        "line": _9600,
        "settle_ms": 60000,
        "fields": [
            {"function": 4, "register": 6, "type": "u16", "quantity": "voc_index", "multiply": 10, "none": [0xFFFF, 0x7FFF]},
            {"function": 4, "register": 11, "type": "u16", "quantity": "nox_index", "multiply": 10, "none": [0xFFFF, 0x7FFF]},
            {"function": 4, "register": 16, "type": "u16", "quantity": "pm1_mass", "multiply": 100, "none": [0xFFFF, 0x7FFF]},
            {"function": 4, "register": 21, "type": "u16", "quantity": "pm2_5_mass", "multiply": 100, "none": [0xFFFF, 0x7FFF]},
        ],
    },
}
