"""Stored values are scaled integers; people read them in the unit of their quantity. Pure."""

from contract import quantities


def in_unit(code: int, scaled: int | None) -> float | None:
    return None if scaled is None else scaled / quantities.scale(code)
