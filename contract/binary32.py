# IEEE 754 binary32 to a wire value, by integers: a board's own float has single precision, in which a scaled value would lose digits,
# and is an allocation. It knows no part.

GREATEST = 0x7FFFFFFF
# Beyond them a number is below what any scale can show, or above what the wire can say.
_LEAST_EXPONENT = -90
_GREATEST_EXPONENT = 32


def scaled_float(raw: int, multiply: int, divide: int) -> "int | None":
    """raw: sign 1, exponent 8 (bias 127), fraction 23 bits. number * multiply / divide, to the nearest, halves away from 0; None when it
    is infinite or no number. What exceeds GREATEST is beyond the wire, by how much does not count."""
    exponent = raw >> 23 & 0xFF
    if exponent == 0xFF:
        return None
    fraction = raw & 0x7FFFFF
    if exponent:
        fraction |= 0x800000
    else:
        exponent = 1
    value = _scaled(fraction, exponent - 150, multiply, divide)
    return -value if raw >> 31 else value


def _scaled(fraction: int, exponent: int, multiply: int, divide: int) -> int:
    if not fraction or exponent < _LEAST_EXPONENT:
        return 0
    if exponent > _GREATEST_EXPONENT:
        return GREATEST + 1
    if exponent >= 0:
        return (2 * (fraction * multiply << exponent) + divide) // (2 * divide)
    divide <<= -exponent
    return (2 * fraction * multiply + divide) // (2 * divide)
