# The models of the Plantower family and what the words of their frames are. The length alone does not determine the model: it is a setting,
# checked against what a frame looks like (plantower_sender.py). Read once, when a part is built. Pure.
#
#   offset  4 6 8      PM1, PM2.5, PM10, "CF=1", ug/m3
#          10 12 14    PM1, PM2.5, PM10, "atmospheric", ug/m3
#          16 .. 26    particles above 0.3 0.5 1 2.5 5 10 um in 0.1 L; not PMS3003; PMS5003T: the first four
#          24 26       PMS5003T: temperature (signed) and humidity, in tenths
#          28          PMS5003S, 5003ST: formaldehyde, ug/m3; the others: firmware 28, error 29
#          30 32 36 37 PMS5003ST: temperature (signed) and humidity, in tenths; firmware, error

from contract.quantities import ID, scale
from node.portable import const

_MASSES_AT = const(4)
_COUNTS_AT = const(16)

_PM_GREATEST = const(1000)  # ug/m3: the manual promises no more
_WORD_GREATEST = const(65535)
_TEMPERATURE_GREATEST = const(1250)
_HUMIDITY_GREATEST = const(1000)

# length of its frames, how many counts; offsets, 0 where it has none: formaldehyde, temperature, firmware
_PLAIN = (28, 6, 0, 0, 28)
_OTHERS = (
    ("pms3003", (20, 0, 0, 0, 0)),
    ("pms5003t", (28, 4, 0, 24, 28)),
    ("pms5003s", (28, 6, 28, 0, 0)),
    ("pms5003st", (36, 6, 28, 30, 36)),
)
_MASSES = ("pm1_cf1", "pm2_5_cf1", "pm10_cf1", "pm1_atm", "pm2_5_atm", "pm10_atm")
_SIZES = ("count_0_3", "count_0_5", "count_1_0", "count_2_5", "count_5_0", "count_10")


def model(part: str) -> tuple:
    """(length, counts, formaldehyde, temperature, firmware) as in the tables above."""
    for name, row in _OTHERS:
        if name == part:
            return row
    return _PLAIN


def columns(part: str) -> tuple:
    """((offset, quantity, wire value of one step, greatest in steps, signed), ...)"""
    _, counts, formaldehyde, temperature, _ = model(part)
    rows = [_row(_MASSES_AT + 2 * i, key, 1, _PM_GREATEST) for i, key in enumerate(_MASSES)]
    rows.extend(_row(_COUNTS_AT + 2 * i, key, 1, _WORD_GREATEST) for i, key in enumerate(_SIZES[:counts]))
    if formaldehyde:
        rows.append(_row(formaldehyde, "formaldehyde", 1, _WORD_GREATEST))
    if temperature:
        rows.append(_row(temperature, "temperature", 10, _TEMPERATURE_GREATEST, True))
        rows.append(_row(temperature + 2, "humidity", 10, _HUMIDITY_GREATEST))
    return tuple(rows)


def _row(offset: int, key: str, parts: int, greatest: int, signed: bool = False) -> tuple:
    return offset, ID[key], scale(ID[key]) // parts, greatest, signed
