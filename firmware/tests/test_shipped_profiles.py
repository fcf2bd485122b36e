# Every field of every shipped profile: the question that its manual names, bytes of the part's answer, and the value in the unit
# of the quantity, both made by hand from the register map of that manual (not by our code). A profile or a field without a row fails.

from contract import quality as q
from contract.profiles import whole
from contract.quantities import ID, scale
from contract.shipped_profiles import PROFILES
from node.drivers.modbus_slave import plan

# JXCT JXBS-3001-TVOC manual V2.0: 0000 RH in 0.1 %, 0001 temperature in 0.1 degC signed, 0004 PM2.5 in ug/m3, 0005 CO2 in ppm,
# 0006 TVOC in ppb, 0009 PM10 in ug/m3; function 3. "02 92 FF 9B" (65.8 %, -10.1 degC) and "00 D1" (209 ppb) are its own examples.
# JXCT JXBS-3001-O3 manual: 0006 ozone in 0.01 ppm. JXCT shutter box: 0004 PM2.5, 0009 PM10. JXCT temperature and humidity: 0000, 0001.
# XY-MD02 sellers' protocol sheet: function 4, 0001 temperature in 0.1 degC signed, 0002 humidity in 0.1 %.
# MD02 clone (Stack Overflow 74286017): the same addresses, hundredths, 8E1.
# Renke RS-WS-N01-8 (tspi.at, July 2024): function 3, 4800 baud, 0000 humidity in 0.1 %, 0001 temperature in 0.1 degC signed.
# ENGINIQUE air quality node register map: function 4, five registers a value, the first of them "actual": 0006 VOC index, 000B NOx
# index, 0010 PM1, 0015 PM2.5; plain integers (its scale is unverified).
#
# profile: line, settling time in ms, rows of (function, first register, registers, bytes of the data, ((quantity, value, quality), ...))
_JXCT_TH = (3, 0, 2, "0292FF9B", (("humidity", 65.8, q.OK), ("temperature", -10.1, q.OK)))
_MANUALS = {
    "jxct_tvoc": (
        (9600, 8, "N", 1),
        15000,
        ((3, 6, 1, "00D1", (("tvoc", 209, q.OK),)), (3, 6, 1, "03E8", (("tvoc", 1000, q.SATURATED),))),
    ),
    "jxct_air": (
        (9600, 8, "N", 1),
        15000,
        (
            _JXCT_TH,
            (3, 4, 3, "002301C300D1", (("pm2_5_mass", 35, q.OK), ("co2_equivalent", 451, q.OK), ("tvoc", 209, q.OK))),
            (3, 9, 1, "004E", (("pm10_mass", 78, q.OK),)),
        ),
    ),
    "jxct_ozone": ((9600, 8, "N", 1), 15000, ((3, 6, 1, "000C", (("ozone", 120, q.OK),)),)),  # 0.12 ppm
    "jxct_pm": (
        (9600, 8, "N", 1),
        15000,
        ((3, 4, 1, "0023", (("pm2_5_mass", 35, q.OK),)), (3, 9, 1, "004E", (("pm10_mass", 78, q.OK),))),
    ),
    "jxct_th": ((9600, 8, "N", 1), 1000, (_JXCT_TH,)),
    "xy_md02": ((9600, 8, "N", 1), 1000, ((4, 1, 2, "FF9B0292", (("temperature", -10.1, q.OK), ("humidity", 65.8, q.OK))),)),
    "md02_clone": ((9600, 8, "E", 1), 1000, ((4, 1, 2, "FC0F19B3", (("temperature", -10.09, q.OK), ("humidity", 65.79, q.OK))),)),
    "renke_rs_ws": ((4800, 8, "N", 1), 1000, (_JXCT_TH,)),
    "enginique_air": (
        (9600, 8, "N", 1),
        60000,
        (
            (4, 6, 1, "0067", (("voc_index", 103, q.OK),)),
            (4, 11, 1, "0002", (("nox_index", 2, q.OK),)),
            (4, 16, 1, "000C", (("pm1_mass", 12, q.OK),)),
            (4, 21, 1, "0013", (("pm2_5_mass", 19, q.OK),)),
        ),
    ),
}
# What a word says where there is no sensor behind it: all bits set (-0.1 degC in a signed one, so there the least and the greatest).
_SIGNED = (ID["temperature"],)


def _reads(name: str) -> dict:
    return {read.request[1:6]: read for read in plan(1, whole(PROFILES[name]))}


def test_every_field_of_every_shipped_profile_reads_the_bytes_of_its_manual() -> None:
    assert sorted(_MANUALS) == sorted(PROFILES)
    for name, (line, settle_ms, rows) in _MANUALS.items():
        profile = whole(PROFILES[name])
        assert (profile["line"], profile["settle_ms"]) == (line, settle_ms), name
        reads, seen = _reads(name), set()
        for function, register, registers, wire, expected in rows:
            read = reads[bytes((function, register >> 8, register & 255, 0, registers))]
            data = bytes.fromhex(wire)
            found = [(field.quantity, field.take(data), field.value) for field in read.fields]
            assert found == [(ID[key], quality, round(value * scale(ID[key]))) for key, value, quality in expected], (name, wire, found)
            seen.update(key for key, _, _ in expected)
        assert seen == {field["quantity"] for field in PROFILES[name]["fields"]}, name
        assert len(reads) == len({row[:2] for row in rows}), name


def test_a_word_that_means_no_sensor_is_never_a_number_in_any_shipped_profile() -> None:
    for name in PROFILES:
        for read in plan(1, whole(PROFILES[name])):
            for field in read.fields:
                for raw in ("7FFF", "8000") if field.quantity in _SIGNED else ("FFFF",):
                    data = bytes(2 * field.offset) + bytes.fromhex(raw) + bytes(2 * (read.count - field.offset - 1))
                    assert field.take(data) == q.SENTINEL, (name, field.quantity, raw)
