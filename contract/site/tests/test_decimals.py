# Decimals: what is one, and its exact value.

from contract.site.decimals import fraction, is_decimal, is_within, scaled


def test_a_decimal_is_an_integer_or_plain_digits() -> None:
    for value in (0, -5, 10**12, "0", "-0.0862", "12.5", "007", "1234567890123.123456789012"):
        assert is_decimal(value), value
    for wrong in (
        1.5,
        True,
        None,
        10**12 + 1,
        "",
        "-",
        ".5",
        "5.",
        "+1",
        "1e3",
        "1,5",
        " 1",
        "--1",
        "12345678901234",
        "0.1234567890123",
        "１",
    ):
        assert not is_decimal(wrong), wrong


def test_its_value_is_exact() -> None:
    assert fraction("-0.0862") == (-862, 10000) and fraction(7) == (7, 1) and fraction("-0.5") == (-5, 10)


def test_a_scaled_value_is_rounded_half_up() -> None:
    assert [scaled(text, 100) for text in ("1.234", "1.235", "-1.235", "-1.236", 3)] == [123, 124, -123, -124, 300]


def test_bounds_are_inclusive_and_exact() -> None:
    assert is_within("95", 0, 95) and is_within("-1.0", -1, 1)
    assert not is_within("95.000000000001", 0, 95) and not is_within("x", 0, 95) and not is_within(96, 0, 95)
