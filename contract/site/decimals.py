# Decimal numbers in signed documents: an integer, or text such as "-0.0862". Both have one canonical form, and both are exact;
# a float has neither property.

from contract.values import is_int

MAX_INTEGER = 10**12
MAX_DIGITS = 13  # before the point
MAX_PLACES = 12  # behind it
FORM = 'an integer, or text such as "120.5"'


def is_decimal(value: object) -> bool:
    """An integer within 10^12, or text: a sign if need be, 1 to 13 digits, and, if there is a point, 1 to 12 digits behind it."""
    if not isinstance(value, str):
        return is_int(value, -MAX_INTEGER, MAX_INTEGER)
    whole, point, places = (value[1:] if value[:1] == "-" else value).partition(".")
    if point and not (_are_digits(places) and len(places) <= MAX_PLACES):
        return False
    return _are_digits(whole) and len(whole) <= MAX_DIGITS


def _are_digits(text: str) -> bool:
    return bool(text) and all(c in "0123456789" for c in text)


def fraction(value: "int | str") -> "tuple[int, int]":
    """(numerator, denominator), the denominator a power of ten. The value must be a decimal."""
    if not isinstance(value, str):
        return value, 1
    whole, _, places = value.partition(".")
    return int(whole + places), 10 ** len(places)


def scaled(value: "int | str", scale: int) -> int:
    """The value times the scale, rounded half up."""
    numerator, denominator = fraction(value)
    return (2 * numerator * scale + denominator) // (2 * denominator)


def range_text(least: int, greatest: int) -> str:
    """What is allowed, in words."""
    return "%s, %d to %d" % (FORM, least, greatest)


def is_within(value: object, least: int, greatest: int) -> bool:
    """A decimal that is not less than the least and not more than the greatest."""
    if not is_decimal(value):
        return False
    numerator, denominator = fraction(value)  # type: ignore[arg-type]
    return least * denominator <= numerator <= greatest * denominator
