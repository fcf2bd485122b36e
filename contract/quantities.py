# What can be measured. A value on the wire is an integer: the quantity in its unit, times its scale.
# Different physical meanings are different quantities; nothing is ever converted silently.
#
# cf1: Plantower "CF=1" (standard particle). atm: Plantower "atmospheric". mass: a part that has one mass column of its own.
# count: particles above that size in um, as Plantower counts. count_upto: from the smallest that the part sees up to that size, as
# Sensirion counts.

# Units that many rows share have a name, so that a node holds their text once.
_UG_M3 = "ug/m3"
_PER_DECILITRE = "1/0.1L"

# id, key, unit, scale, least, greatest (the last two in the unit: a reading beyond them is "out_of_range")
QUANTITIES = (
    (1, "pm1_cf1", _UG_M3, 100, 0, 10000),
    (2, "pm2_5_cf1", _UG_M3, 100, 0, 10000),
    (3, "pm4_cf1", _UG_M3, 100, 0, 10000),
    (4, "pm10_cf1", _UG_M3, 100, 0, 10000),
    (5, "pm1_atm", _UG_M3, 100, 0, 10000),
    (6, "pm2_5_atm", _UG_M3, 100, 0, 10000),
    (7, "pm4_atm", _UG_M3, 100, 0, 10000),
    (8, "pm10_atm", _UG_M3, 100, 0, 10000),
    (9, "pm1_mass", _UG_M3, 100, 0, 10000),
    (10, "pm2_5_mass", _UG_M3, 100, 0, 10000),
    (11, "pm4_mass", _UG_M3, 100, 0, 10000),
    (12, "pm10_mass", _UG_M3, 100, 0, 10000),
    (20, "count_0_3", _PER_DECILITRE, 10, 0, 1000000),
    (21, "count_0_5", _PER_DECILITRE, 10, 0, 1000000),
    (22, "count_1_0", _PER_DECILITRE, 10, 0, 1000000),
    (23, "count_2_5", _PER_DECILITRE, 10, 0, 1000000),
    (24, "count_4_0", _PER_DECILITRE, 10, 0, 1000000),
    (25, "count_5_0", _PER_DECILITRE, 10, 0, 1000000),
    (26, "count_10", _PER_DECILITRE, 10, 0, 1000000),
    (30, "tvoc", "ppb", 10, 0, 1000000),
    (31, "voc_index", "1", 10, 0, 500),
    (32, "pid", "ppm", 1000, 0, 10000),
    (33, "formaldehyde", _UG_M3, 10, 0, 100000),
    (34, "ozone", "ppb", 10, 0, 100000),
    (35, "co2", "ppm", 1, 0, 100000),
    (36, "co2_equivalent", "ppm", 1, 0, 100000),
    (37, "nox_index", "1", 10, 0, 500),
    (40, "temperature", "degC", 100, -60, 125),
    (41, "humidity", "%", 100, 0, 100),
    (42, "pressure", "hPa", 100, 300, 1200),
    (43, "wind_speed", "m/s", 100, 0, 120),
    (44, "wind_direction", "deg", 10, 0, 360),
    (50, "supply", "V", 1000, 0, 60),
    (60, "latitude", "deg", 10000000, -90, 90),
    (61, "longitude", "deg", 10000000, -180, 180),
    (62, "altitude", "m", 10, -500, 9000),
    (70, "count_upto_0_5", _PER_DECILITRE, 10, 0, 1000000),
    (71, "count_upto_1_0", _PER_DECILITRE, 10, 0, 1000000),
    (72, "count_upto_2_5", _PER_DECILITRE, 10, 0, 1000000),
    (73, "count_upto_4_0", _PER_DECILITRE, 10, 0, 1000000),
    (74, "count_upto_10", _PER_DECILITRE, 10, 0, 1000000),
    (75, "typical_size", "um", 1000, 0, 100),
)

BY_ID = {row[0]: row for row in QUANTITIES}
ID = {row[1]: row[0] for row in QUANTITIES}


def is_quantity(value: object) -> bool:
    return isinstance(value, str) and value in ID


def key(quantity: int) -> str:
    return BY_ID[quantity][1]


def unit(quantity: int) -> str:
    return BY_ID[quantity][2]


def scale(quantity: int) -> int:
    return BY_ID[quantity][3]


def steps(keys: "tuple | list") -> tuple:
    """((id, scale), ...): for a node, which loads these tables for a moment (node/transient_import.py)."""
    return tuple((ID[name], BY_ID[ID[name]][3]) for name in keys)


def ranges(quantities: "tuple | list") -> dict:
    """id -> (scale, least, greatest), the last two as wire values. Raises KeyError on an unknown quantity."""
    rows = [BY_ID[quantity] for quantity in quantities]
    return {row[0]: (row[3], row[4] * row[3], row[5] * row[3]) for row in rows}


def in_range(quantity: int, scaled: int) -> bool:
    """Whether a wire value lies between the least and the greatest of its quantity. Raises KeyError on an unknown quantity."""
    row = BY_ID[quantity]
    return row[4] * row[3] <= scaled <= row[5] * row[3]
