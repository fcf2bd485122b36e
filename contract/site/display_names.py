# What people are shown in the place of a key, in the languages of the pages: quantities, qualities, and the reasons of the record. Every
# page takes these names from here; what else a page says is its own (fleet/locale, gateway/web/page.js).

LANGUAGES = ("zh-CN", "en")

# key -> the name in each of the languages
QUANTITIES = {
    "pm1_cf1": ("PM1(CF=1)", "PM1 (CF=1)"),
    "pm2_5_cf1": ("PM2.5(CF=1)", "PM2.5 (CF=1)"),
    "pm4_cf1": ("PM4(CF=1)", "PM4 (CF=1)"),
    "pm10_cf1": ("PM10(CF=1)", "PM10 (CF=1)"),
    "pm1_atm": ("PM1", "PM1"),
    "pm2_5_atm": ("PM2.5", "PM2.5"),
    "pm4_atm": ("PM4", "PM4"),
    "pm10_atm": ("PM10", "PM10"),
    "pm1_mass": ("PM1(质量)", "PM1 (mass)"),
    "pm2_5_mass": ("PM2.5(质量)", "PM2.5 (mass)"),
    "pm4_mass": ("PM4(质量)", "PM4 (mass)"),
    "pm10_mass": ("PM10(质量)", "PM10 (mass)"),
    "count_0_3": ("颗粒数 > 0.3 µm", "Particles > 0.3 µm"),
    "count_0_5": ("颗粒数 > 0.5 µm", "Particles > 0.5 µm"),
    "count_1_0": ("颗粒数 > 1.0 µm", "Particles > 1.0 µm"),
    "count_2_5": ("颗粒数 > 2.5 µm", "Particles > 2.5 µm"),
    "count_4_0": ("颗粒数 > 4.0 µm", "Particles > 4.0 µm"),
    "count_5_0": ("颗粒数 > 5.0 µm", "Particles > 5.0 µm"),
    "count_10": ("颗粒数 > 10 µm", "Particles > 10 µm"),
    "tvoc": ("TVOC", "TVOC"),
    "voc_index": ("VOC 指数", "VOC index"),
    "pid": ("VOC(PID)", "VOC (PID)"),
    "formaldehyde": ("甲醛", "Formaldehyde"),
    "ozone": ("臭氧", "Ozone"),
    "co2": ("二氧化碳", "CO₂"),
    "co2_equivalent": ("二氧化碳当量", "CO₂ equivalent"),
    "nox_index": ("氮氧化物指数", "NOx index"),
    "temperature": ("温度", "Temperature"),
    "humidity": ("相对湿度", "Relative humidity"),
    "pressure": ("气压", "Air pressure"),
    "wind_speed": ("风速", "Wind speed"),
    "wind_direction": ("风向", "Wind direction"),
    "supply": ("供电电压", "Supply voltage"),
    "latitude": ("纬度", "Latitude"),
    "longitude": ("经度", "Longitude"),
    "altitude": ("海拔", "Altitude"),
    "count_upto_0_5": ("颗粒数 ≤ 0.5 µm", "Particles ≤ 0.5 µm"),
    "count_upto_1_0": ("颗粒数 ≤ 1.0 µm", "Particles ≤ 1.0 µm"),
    "count_upto_2_5": ("颗粒数 ≤ 2.5 µm", "Particles ≤ 2.5 µm"),
    "count_upto_4_0": ("颗粒数 ≤ 4.0 µm", "Particles ≤ 4.0 µm"),
    "count_upto_10": ("颗粒数 ≤ 10 µm", "Particles ≤ 10 µm"),
    "typical_size": ("典型粒径", "Typical particle size"),
}

QUALITIES = {
    "ok": ("正常", "ok"),
    "warming_up": ("预热中", "warming up"),
    "no_reply": ("无应答", "no reply"),
    "rejected": ("数据错乱", "garbled"),
    "exception": ("设备报错", "device error"),
    "out_of_range": ("超出量程", "out of range"),
    "saturated": ("饱和", "saturated"),
    "stuck": ("数值不变", "stuck"),
    "inconsistent": ("自相矛盾", "inconsistent"),
    "sensor_error": ("传感器故障", "sensor fault"),
    "asleep": ("休眠", "asleep"),
    "quarantined": ("已隔离", "quarantined"),
    "cleaning": ("清洁中", "cleaning"),
    "few_samples": ("样本不足", "few samples"),
    "sentinel": ("无数值", "no value"),
    "step": ("突变", "step"),
    "twin_disagrees": ("双机不一致", "twin disagrees"),
    "not_measured": ("未测量", "not measured"),
}

# How the time of an item is known: contract/site/device_api.py.
TIMES = {
    "node": ("节点时钟", "by the clock of the node"),
    "anchor": ("网关推算", "worked out by the gateway"),
    "bounds": ("仅知范围", "within bounds only"),
}

# Why an item, or something that came with it, is not in the record.
REFUSALS = {
    "unknown_node": ("节点未登记", "unknown node"),
    "not_of_this_gateway": ("节点不属于该网关", "node of another gateway"),
    "bad_item": ("内容无效", "invalid item"),
    "bad_anchor": ("校时信息无效", "invalid anchor of time"),
    "bad_tombstone": ("丢失区间无效", "invalid dropped range"),
    "bad_position": ("位置无效", "invalid position"),
    "bad_summary": ("汇总无效", "invalid summary"),
}

# Why a range of items is lost: as the node or the gateway that had them reports it.
LOSSES = {
    "ram_full": ("节点内存已满", "memory of the node full"),
    "spool_full": ("节点闪存已满", "flash of the node full"),
    "buffer_full": ("网关缓存已满", "buffer of the gateway full"),
    "thinned": ("仅存汇总", "kept as summaries only"),
    "bad_item": ("内容无效", "invalid item"),
    "refused_by_fleet": ("平台拒收", "refused by the fleet"),
}

# As people write them; a unit that is not here stays as it is.
UNITS = {"ug/m3": "µg/m³", "um": "µm", "1/0.1L": "/0.1 L", "degC": "°C", "deg": "°", "1": ""}

# What people look for first: a row for each column of a table, of quantities that mean the same to them. The first one is the headline.
FIRST = (
    ("pm2_5_atm", "pm2_5_mass"),
    ("pm10_atm", "pm10_mass"),
    ("tvoc",),
    ("voc_index",),
    ("pid",),
    ("formaldehyde",),
    ("temperature",),
    ("humidity",),
)

# How many decimals of a quantity are shown, where it is not one: no reading of these sensors is worth more on a page.
DECIMALS = {
    "count_0_3": 0,
    "count_0_5": 0,
    "count_1_0": 0,
    "count_2_5": 0,
    "count_4_0": 0,
    "count_5_0": 0,
    "count_10": 0,
    "count_upto_0_5": 0,
    "count_upto_1_0": 0,
    "count_upto_2_5": 0,
    "count_upto_4_0": 0,
    "count_upto_10": 0,
    "co2": 0,
    "co2_equivalent": 0,
    "tvoc": 0,
    "voc_index": 0,
    "nox_index": 0,
    "wind_direction": 0,
    "pid": 2,
    "supply": 2,
    "typical_size": 2,
    "latitude": 5,
    "longitude": 5,
}


def decimals(key: str) -> int:
    return DECIMALS.get(key, 1)


def rounded(key: str, value: float) -> str:
    """The number as every page shows it."""
    shown = "%.*f" % (decimals(key), value)
    return shown[1:] if shown.startswith("-") and not shown.strip("-0.") else shown


def part(key: str) -> str:
    """A part as its maker writes it: "xy_md02" -> "XY-MD02"."""
    return key.upper().replace("_", "-")


def name(table: "dict[str, tuple[str, str]]", key: str, language: str) -> str:
    """Raises KeyError on an unknown key, ValueError on an unknown language."""
    return table[key][LANGUAGES.index(language)]


def unit(contract_unit: str) -> str:
    return UNITS.get(contract_unit, contract_unit)
