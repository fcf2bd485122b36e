"""What the pages call quantities, units, qualities and states. Marked for translation; a test keeps the tables complete.

Pure.
"""

from contract.quantities import BY_ID

LIVE, LATE, SILENT, NEW = "live", "late", "silent", "new"


def _(message: str) -> str:
    # Marks a message for the catalogue; it is translated where it is shown.
    return message


QUANTITY_NAMES = {
    "pm1_cf1": _("PM1 (CF=1)"),
    "pm2_5_cf1": _("PM2.5 (CF=1)"),
    "pm4_cf1": _("PM4 (CF=1)"),
    "pm10_cf1": _("PM10 (CF=1)"),
    "pm1_atm": _("PM1"),
    "pm2_5_atm": _("PM2.5"),
    "pm4_atm": _("PM4"),
    "pm10_atm": _("PM10"),
    "pm1_mass": _("PM1 (mass)"),
    "pm2_5_mass": _("PM2.5 (mass)"),
    "pm4_mass": _("PM4 (mass)"),
    "pm10_mass": _("PM10 (mass)"),
    "count_0_3": _("Particles > 0.3 µm"),
    "count_0_5": _("Particles > 0.5 µm"),
    "count_1_0": _("Particles > 1.0 µm"),
    "count_2_5": _("Particles > 2.5 µm"),
    "count_4_0": _("Particles > 4.0 µm"),
    "count_5_0": _("Particles > 5.0 µm"),
    "count_10": _("Particles > 10 µm"),
    "tvoc": _("TVOC"),
    "voc_index": _("VOC index"),
    "pid": _("VOC (PID)"),
    "formaldehyde": _("Formaldehyde"),
    "ozone": _("Ozone"),
    "co2": _("CO₂"),
    "co2_equivalent": _("CO₂ equivalent"),
    "nox_index": _("NOx index"),
    "temperature": _("Temperature"),
    "humidity": _("Relative humidity"),
    "pressure": _("Air pressure"),
    "wind_speed": _("Wind speed"),
    "wind_direction": _("Wind direction"),
    "supply": _("Supply voltage"),
    "latitude": _("Latitude"),
    "longitude": _("Longitude"),
    "altitude": _("Altitude"),
    "count_upto_0_5": _("Particles ≤ 0.5 µm"),
    "count_upto_1_0": _("Particles ≤ 1.0 µm"),
    "count_upto_2_5": _("Particles ≤ 2.5 µm"),
    "count_upto_4_0": _("Particles ≤ 4.0 µm"),
    "count_upto_10": _("Particles ≤ 10 µm"),
    "typical_size": _("Typical particle size"),
}

# As people write them; the contract's are ASCII.
UNITS = {"ug/m3": "µg/m³", "um": "µm", "1/0.1L": "/0.1 L", "degC": "°C", "deg": "°", "1": ""}

QUALITY_NAMES = {
    "ok": _("ok"),
    "warming_up": _("warming up"),
    "no_reply": _("no reply"),
    "rejected": _("garbled"),
    "exception": _("device error"),
    "out_of_range": _("out of range"),
    "saturated": _("saturated"),
    "stuck": _("stuck"),
    "inconsistent": _("inconsistent"),
    "sensor_error": _("sensor fault"),
    "asleep": _("asleep"),
    "quarantined": _("quarantined"),
    "cleaning": _("cleaning"),
    "few_samples": _("few samples"),
    "sentinel": _("no value"),
    "step": _("step"),
    "twin_disagrees": _("twin disagrees"),
    "not_measured": _("not measured"),
}

STATE_NAMES = {LIVE: _("live"), LATE: _("late"), SILENT: _("silent"), NEW: _("never heard")}

# Up to which length, in which unit of how many seconds a length of time is shown.
SPANS = (
    (120, 1, _("%d s")),
    (7200, 60, _("%d min")),
    (172_800, 3600, _("%d h")),
    (float("inf"), 86_400, _("%d days")),
)

# Shown on a node's card: what people look for first. Everything else is in the chart's list.
ON_CARD = ("pm2_5_atm", "pm10_atm", "tvoc", "voc_index", "pid", "formaldehyde", "temperature", "humidity")

CHART_ORDER = (*ON_CARD, *(row[1] for row in BY_ID.values() if row[1] not in ON_CARD))


def unit(contract_unit: str) -> str:
    return UNITS.get(contract_unit, contract_unit)
