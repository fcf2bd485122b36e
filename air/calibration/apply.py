"""Raw channels of a report into calibrated ones, each naming the calibration that made it.

Knows the shapes of contract/site/calibrations.py; refuses to know where calibrations come from and who approved them. Raw numbers stay as
they were beside the calibrated ones. All arithmetic is in integers, rounded half up once at the end: the same inputs give the same
number on every machine, for ever.

    linear       value = gain * x + offset
    multilinear  value = gain * x + sum(coefficient * input) + offset
    rh_growth    value = gain * x / C + offset, C = 1 + (kappa / 1.65) / (1 / aw - 1), aw = min(humidity, cap) / 100   (Crilley 2018)
    two_point    value = (x - zero) * reference / (span - zero)

Mean, least and greatest of a period are calibrated alike, with the means of the inputs; where the gain is negative least and greatest
change places.
"""

from collections.abc import Iterable, Sequence
from math import lcm
from typing import Any, NamedTuple

from contract import quality
from contract.quantities import BY_ID, ID
from contract.quantities import scale as scale_of
from contract.site.calibrations import MAX_MS
from contract.site.decimals import fraction, scaled

# Why a calibrated value is not what it should be. Only a missing input leaves no number.
BEYOND_RANGE = "beyond_range"  # the reading lies where the fit was never tried
INPUT_BEYOND_RANGE = "input_beyond_range"
INPUT_MISSING = "input_missing"
RESULT_LIMITED = "result_limited"  # beyond what the quantity can be, such as a negative mass in clean air: its least or greatest
EXTRAPOLATED = (BEYOND_RANGE, INPUT_BEYOND_RANGE)

_RH_STEPS = 10_000  # 100 % relative humidity on the wire
_GROWTH = (165, 100)


class Name(NamedTuple):
    """Which calibration: its id and version."""

    id: str
    version: int


class Reading(NamedTuple):
    """One channel of one report. Values are scaled integers, None where there is no number.

    `mean`, `minimum`, `maximum` are calibrated where a calibration is in force (`calibration` names it), raw otherwise. `reason` says
    why a calibrated value is doubtful or missing; a value that is missing for a reason has the quality of the raw one.
    """

    slot: int
    quantity: int
    quality: int
    n: int
    mean: int | None
    minimum: int | None
    maximum: int | None
    raw: Sequence[int]
    calibration: Name | None = None
    reason: str | None = None


def plain(channel: Sequence[int]) -> Reading:
    """A channel as it was sent: (slot, quantity, quality, n) or (slot, quantity, quality, n, mean, min, max)."""
    if len(channel) == 7:
        slot, quantity, code, n, mean, minimum, maximum = channel
        return Reading(slot, quantity, code, n, mean, minimum, maximum, channel)
    slot, quantity, code, n = channel
    return Reading(slot, quantity, code, n, None, None, None, channel)


class _Input(NamedTuple):
    slot: int
    quantity: int
    factor: int
    least: int | None
    greatest: int | None


class _Growth(NamedTuple):
    kappa: int
    denominator: int
    cap: int


class _Fit(NamedTuple):
    # value = (gain * x + sum(factor * input) + offset) / denominator, all of them integers on the wire's scales.
    name: Name
    from_ms: int
    to_ms: int
    gain: int
    offset: int
    denominator: int
    inputs: tuple[_Input, ...]
    growth: _Growth | None
    least: int | None
    greatest: int | None
    lowest: int
    highest: int


class Calibrations:
    """Those of one desired document, ready to be applied. The list must have no faults (contract.site.calibrations.faults)."""

    def __init__(self, calibrations: Iterable[dict[str, Any]]) -> None:
        self._fits: dict[str, dict[tuple[int, int], list[_Fit]]] = {}
        for one in calibrations:
            channel = (one["slot"], ID[one["quantity"]])
            self._fits.setdefault(one["node"], {}).setdefault(channel, []).append(_fit(one))

    def apply(self, node: str, start_ms: int, channels: Iterable[Sequence[int]]) -> tuple[Reading, ...]:
        """The channels of a report whose period began then."""
        readings = tuple(plain(channel) for channel in channels)
        fits = self._fits.get(node)
        if fits is None:
            return readings
        found = {(reading.slot, reading.quantity): reading for reading in readings}
        return tuple(_calibrated(reading, fits.get((reading.slot, reading.quantity), ()), start_ms, found) for reading in readings)


def _calibrated(reading: Reading, fits: Sequence[_Fit], start_ms: int, found: dict[tuple[int, int], Reading]) -> Reading:
    if reading.mean is None:
        return reading
    for fit in fits:
        if fit.from_ms <= start_ms < fit.to_ms:
            return _by(fit, reading, found)
    return reading


def _by(fit: _Fit, reading: Reading, found: dict[tuple[int, int], Reading]) -> Reading:
    assert reading.mean is not None and reading.minimum is not None and reading.maximum is not None
    inputs, reason = _inputs(fit, found)
    if reason == INPUT_MISSING:
        return reading._replace(mean=None, minimum=None, maximum=None, calibration=fit.name, reason=reason)
    if _is_beyond(reading.minimum, fit.least, None) or _is_beyond(reading.maximum, None, fit.greatest):
        reason = BEYOND_RANGE
    computed = [_value(fit, x, inputs) for x in (reading.mean, reading.minimum, reading.maximum)]
    mean, one, other = limited = [min(max(value, fit.lowest), fit.highest) for value in computed]
    if limited != computed and reason is None:
        reason = RESULT_LIMITED
    return reading._replace(mean=mean, minimum=min(one, other), maximum=max(one, other), calibration=fit.name, reason=reason)


def _inputs(fit: _Fit, found: dict[tuple[int, int], Reading]) -> tuple[list[int], str | None]:
    # Inputs are raw: a calibration of an input would make the fit depend on another fit's version.
    values = []
    reason = None
    for entry in fit.inputs:
        reading = found.get((entry.slot, entry.quantity))
        if reading is None or reading.mean is None or reading.quality not in quality.USABLE:
            return [], INPUT_MISSING
        if _is_beyond(reading.mean, entry.least, entry.greatest):
            reason = INPUT_BEYOND_RANGE
        values.append(reading.mean)
    return values, reason


def _is_beyond(value: int, least: int | None, greatest: int | None) -> bool:
    return (least is not None and value < least) or (greatest is not None and value > greatest)


def _value(fit: _Fit, x: int, inputs: Sequence[int]) -> int:
    if fit.growth is not None:
        dry, wet = _growth(fit.growth, inputs[0])
        numerator, denominator = fit.gain * x * dry + fit.offset * wet, fit.denominator * wet
    else:
        numerator, denominator = fit.gain * x + fit.offset, fit.denominator
        for entry, value in zip(fit.inputs, inputs):
            numerator += entry.factor * value
    return (2 * numerator + denominator) // (2 * denominator)


def _growth(growth: _Growth, humidity: int) -> tuple[int, int]:
    """(numerator, denominator) of 1 / C: 1.65 * (1 - aw) / (1.65 * (1 - aw) + kappa * aw)."""
    water = max(0, min(humidity, growth.cap))
    dry = _GROWTH[0] * growth.denominator * (_RH_STEPS - water)
    return dry, dry + _GROWTH[1] * growth.kappa * water


def _fit(one: dict[str, Any]) -> _Fit:
    quantity = ID[one["quantity"]]
    row = BY_ID[quantity]
    scale = scale_of(quantity)
    gain, offset = _line(one, scale)
    growth = None
    terms: list[tuple[int, int]] = []
    if one["model"] == "rh_growth":
        kappa, denominator = fraction(one["kappa"])
        growth = _Growth(kappa, denominator, scaled(one.get("cap", 95), _RH_STEPS // 100))
    elif one["model"] == "multilinear":
        terms = [_per_step(entry, scale) for entry in one["inputs"]]
    common = lcm(gain[1], offset[1], *(term[1] for term in terms))
    factors = [term[0] * (common // term[1]) for term in terms] or [0] * len(one.get("inputs", ()))
    inputs = tuple(_input(entry, factor) for entry, factor in zip(one.get("inputs", ()), factors))
    least, greatest = _bounds(one, scale)
    name = Name(one["id"], one["version"])
    return _Fit(
        name, one["from_ms"], one.get("to_ms", MAX_MS), gain[0] * (common // gain[1]), offset[0] * (common // offset[1]), common,
        inputs, growth, least, greatest, row[4] * scale, row[5] * scale,
    )  # fmt: skip


def _line(one: dict[str, Any], scale: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Gain and offset as fractions, the offset in steps of the quantity's scale."""
    if one["model"] == "two_point":
        zero, zero_places = fraction(one["zero"])
        span, span_places = fraction(one["span"])
        reference, places = fraction(one["reference"])
        top, bottom = reference * zero_places * span_places, places * (span * zero_places - zero * span_places)
        return (top, bottom), (-top * zero * scale, bottom * zero_places)
    gain = fraction(one.get("gain", 1))
    numerator, denominator = fraction(one.get("offset", 0))
    return gain, (numerator * scale, denominator)


def _per_step(entry: dict[str, Any], scale: int) -> tuple[int, int]:
    """The coefficient from steps of the input to steps of the result."""
    numerator, denominator = fraction(entry["coefficient"])
    return numerator * scale, denominator * scale_of(ID[entry["quantity"]])


def _input(entry: dict[str, Any], factor: int) -> _Input:
    quantity = ID[entry["quantity"]]
    return _Input(entry["slot"], quantity, factor, *_bounds(entry, scale_of(quantity)))


def _bounds(fields: dict[str, Any], scale: int) -> tuple[int | None, int | None]:
    least, greatest = (scaled(fields[key], scale) if key in fields else None for key in ("least", "greatest"))
    return least, greatest
