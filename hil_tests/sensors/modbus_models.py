"""The register maps of Modbus transmitters, from the makers' papers a second time on purpose: not the contract's profiles. Data only.

Pure.
"""

from typing import NamedTuple

HOLDING, INPUT = 3, 4


class Reading(NamedTuple):
    """raw = quantity * scale (+ what the offset register holds), kept within least..greatest; two's complement when signed."""

    function: int
    register: int
    quantity: str
    scale: int
    least: int
    greatest: int
    offset_register: int | None = None
    form: str = "word"  # or "float_low_first": two registers, IEEE 754, the low word in the first


class Setting(NamedTuple):
    """A configuration register: read by function 3, written by function 6, values least..greatest (two's complement below 0)."""

    register: int
    least: int
    greatest: int
    initial: int


class Model(NamedTuple):
    baud: int
    readings: tuple[Reading, ...]
    holes: tuple[tuple[int, int], ...]  # (function, register): in the map, without a meaning, read as 0
    settings: tuple[Setting, ...]
    address_register: int
    baud_register: int
    baud_codes: dict[int, int]  # empty: the coding is not public, so that a write is kept but changes nothing
    settle_ms: int


MODELS = {
    # JXBS-3001-TVOC manual V2.0. TVOC ends at 1000 ppb; response within 15 s.
    "jxct_tvoc": Model(
        9600,
        (
            Reading(HOLDING, 0x0000, "humidity", 10, 0, 1000),
            Reading(HOLDING, 0x0001, "temperature", 10, -400, 800),
            Reading(HOLDING, 0x0004, "pm2_5_mass", 1, 0, 1000),
            Reading(HOLDING, 0x0005, "co2", 1, 0, 5000),
            Reading(HOLDING, 0x0006, "tvoc", 1, 0, 1000),
            Reading(HOLDING, 0x0009, "pm10_mass", 1, 0, 1000),
        ),
        ((HOLDING, 0x0002), (HOLDING, 0x0003), (HOLDING, 0x0007), (HOLDING, 0x0008)),
        (Setting(0x0100, 0, 252, 1), Setting(0x0101, 0, 0xFFFF, 2)),
        0x0100, 0x0101, {}, 15_000,
    ),
    # Sellers' protocol sheet. Measurements by function 4 only.
    "xy_md02": Model(
        9600,
        (
            Reading(INPUT, 0x0001, "temperature", 10, -400, 1250, 0x0103),
            Reading(INPUT, 0x0002, "humidity", 10, 0, 1000, 0x0104),
        ),
        (),
        (Setting(0x0101, 1, 247, 1), Setting(0x0102, 0, 2, 0), Setting(0x0103, -100, 100, 0), Setting(0x0104, -100, 100, 0)),
        0x0101, 0x0102, {0: 9600, 1: 14400, 2: 19200}, 1_000,
    ),
    # RS-WS-N01-8: plain 16-bit integers, times 10. A new address or baud rate holds at once.
    "renke_rs_ws": Model(
        4800,
        (Reading(HOLDING, 0x0000, "humidity", 10, 0, 1000), Reading(HOLDING, 0x0001, "temperature", 10, -400, 800)),
        (),
        (Setting(0x07D0, 1, 247, 1), Setting(0x07D1, 0, 2, 1)),
        0x07D0, 0x07D1, {0: 2400, 1: 4800, 2: 9600}, 1_000,
    ),
    # No maker's: a transmitter that no firmware knows by itself. Floats, the low word first.
    "unknown_maker": Model(
        19200,
        (
            Reading(INPUT, 0x0100, "tvoc", 10, 0, 100_000, form="float_low_first"),
            Reading(INPUT, 0x0102, "temperature", 100, -4000, 8500, form="float_low_first"),
        ),
        (),
        (Setting(0x0001, 1, 247, 1), Setting(0x0002, 0, 2, 2)),
        0x0001, 0x0002, {0: 4800, 1: 9600, 2: 19200}, 1_000,
    ),
}  # fmt: skip
