# The tables agree with themselves and with each other.

from contract import quality, quantities
from contract.profiles import PROFILES
from contract.settings import MODES, UART_PARTS


def _doubled(values: "list[object]") -> "list[object]":
    return [value for value in values if values.count(value) > 1]


def test_quantity_ids_and_keys_are_unique() -> None:
    assert _doubled([row[0] for row in quantities.QUANTITIES]) == []
    assert _doubled([row[1] for row in quantities.QUANTITIES]) == []
    assert all(quantities.BY_ID[quantities.ID[row[1]]] is row for row in quantities.QUANTITIES)


def test_a_quantity_is_found_by_its_id() -> None:
    quantity = quantities.ID["temperature"]
    assert (quantities.key(quantity), quantities.unit(quantity), quantities.scale(quantity)) == ("temperature", "degC", 100)


def test_the_limits_of_a_quantity_are_inclusive_and_scaled() -> None:
    quantity = quantities.ID["temperature"]
    cases = ((-6001, False), (-6000, True), (0, True), (12500, True), (12501, False))
    for scaled, expected in cases:
        assert quantities.in_range(quantity, scaled) == expected, scaled


def test_every_quantity_fits_into_32_bits() -> None:
    for row in quantities.QUANTITIES:
        assert -(1 << 31) < row[4] * row[3] < row[5] * row[3] < 1 << 31, row


def test_quality_codes_and_keys_are_unique_and_ok_is_0() -> None:
    assert _doubled([row[0] for row in quality.QUALITIES]) == []
    assert _doubled([row[1] for row in quality.QUALITIES]) == []
    assert quality.OK == 0 and quality.KEYS[0] == "ok"


def test_what_is_usable_has_a_value() -> None:
    assert all(code in quality.VALUED for code in quality.USABLE)
    assert quality.USABLE == (quality.OK, quality.FEW_SAMPLES)


def test_profiles_are_whole() -> None:
    for name, profile in PROFILES.items():
        baud, bits, parity, stop = profile["line"]
        assert baud in (2400, 4800, 9600, 19200, 38400, 57600, 115200) and bits == 8 and parity in "NEO" and stop in (1, 2), name
        assert profile["settle_ms"] > 0 and 0 < profile["timeout_ms"] <= 4000, name
        assert profile["fields"], name


def test_profile_fields_name_quantities_that_their_raw_range_can_say() -> None:
    for name, profile in PROFILES.items():
        for function, register, kind, key, multiply, divide, sentinels in profile["fields"]:
            assert function in (3, 4) and 0 <= register <= 0xFFFF and kind in ("u16", "s16"), name
            assert multiply > 0 and divide > 0 and key in quantities.ID, name
            assert all(0 <= raw <= 0xFFFF for raw in sentinels), name
        measured = [field[3] for field in profile["fields"]]
        assert all(key in measured and quantities.in_range(quantities.ID[key], scaled) for key, scaled in profile["saturation"]), name


def test_a_part_has_one_driver() -> None:
    assert not any(part in PROFILES for part in UART_PARTS)
    assert MODES == ("active", "passive")
