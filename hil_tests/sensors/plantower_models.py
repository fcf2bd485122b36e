"""The words of a Plantower frame, by model: from values to words. Knows nothing of bytes, sums or commands.

all        PM1, 2.5, 10 "CF=1"; PM1, 2.5, 10 "atmospheric"
pms3003    3 reserved words
pms5003t   4 counts; temperature, signed, and humidity, in tenths; firmware and error
pms5003s   6 counts; formaldehyde in ug/m3
pms5003st  6 counts; formaldehyde; temperature, humidity; 1 reserved; firmware and error
others     6 counts; firmware and error
"""

import math
from collections.abc import Mapping

MASSES = ("pm1_cf1", "pm2_5_cf1", "pm10_cf1", "pm1_atm", "pm2_5_atm", "pm10_atm")
COUNTS = ("count_0_3", "count_0_5", "count_1_0", "count_2_5", "count_5_0", "count_10")
MASSES_AND_COUNTS = MASSES + COUNTS
RESERVED = ""
FIRMWARE = "firmware"
IN_TENTHS = ("temperature", "humidity")

PLAIN = (*MASSES_AND_COUNTS, FIRMWARE)
WORDS: dict[str, tuple[str, ...]] = {
    "pms1003": PLAIN,
    "pms3003": (*MASSES, RESERVED, RESERVED, RESERVED),
    "pms5003": PLAIN,
    "pms5003s": (*MASSES_AND_COUNTS, "formaldehyde"),
    "pms5003st": (*MASSES_AND_COUNTS, "formaldehyde", "temperature", "humidity", RESERVED, FIRMWARE),
    "pms5003t": (*MASSES, *COUNTS[:4], "temperature", "humidity", FIRMWARE),
    "pms7003": PLAIN,
    "pmsa003": PLAIN,
}


def keys(model: str) -> list[str]:
    """Of the quantities that the model measures."""
    return [key for key in WORDS[model] if key not in (RESERVED, FIRMWARE)]


def can_be_asked(model: str) -> bool:
    return model != "pms3003"


def encoded(model: str, values: Mapping[str, float]) -> tuple[dict[str, int], dict[str, float]]:
    """The words by key, and what they tell: the values after rounding, without those that are not a number."""
    words: dict[str, int] = {}
    told: dict[str, float] = {}
    for key in keys(model):
        parts = 10 if key in IN_TENTHS else 1
        step = 0 if math.isnan(values[key]) else math.floor(values[key] * parts + 0.5)
        step = max(-0x8000, min(0x7FFF, step)) if key == "temperature" else max(0, min(0xFFFF, step))
        words[key] = step & 0xFFFF
        if not math.isnan(values[key]):
            told[key] = step / parts
    return words, told


def with_firmware(model: str, words: Mapping[str, int], firmware_and_error: int) -> list[int]:
    """In the order of the frame."""
    other = {RESERVED: 0, FIRMWARE: firmware_and_error}
    return [other[key] if key in other else words[key] for key in WORDS[model]]
