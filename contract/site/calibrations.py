# Calibrations as they travel in a desired document, checked by the fleet that writes them and the gateway that obeys them. What is
# done with them: air/calibration/apply.py.
#
#   {"id": "c-17", "version": 3, "node": "n-042", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1767225600000, "to_ms": ...,
#    "model": "multilinear", "gain": "0.524", "offset": "5.75",
#    "inputs": [{"slot": 1, "quantity": "humidity", "coefficient": "-0.0862", "least": 0, "greatest": 95}],
#    "least": 0, "greatest": "250.5", "source": "co-location at the county station, 2026-01"}
#
# Numbers are decimals (contract/site/decimals.py) in the units of their quantities. Here is what the keys may be; what they mean:
# rule_meanings.py.

from contract.faults import MISSING, Fault, below, unknown
from contract.profiles import number_faults
from contract.quantities import is_quantity
from contract.site.decimals import FORM, is_decimal, is_within, range_text, scaled
from contract.topics import MAX_NODE_CHARACTERS, is_node_id
from contract.values import MAX_KEY, MAX_TEXT, is_int, is_text

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

MAX_CALIBRATIONS = 5000
MAX_INPUTS = 4
MAX_MS = 253402300799999  # the end of the year 9999
MAX_VERSION = (1 << 31) - 1
LARGEST = 1000000

# model -> its coefficients: key, default (None: required), least, greatest
MODELS = {
    "linear": (("gain", 1, -LARGEST, LARGEST), ("offset", 0, -LARGEST, LARGEST)),
    "multilinear": (("gain", 1, -LARGEST, LARGEST), ("offset", 0, -LARGEST, LARGEST)),
    "rh_growth": (
        ("kappa", None, 0, 2),
        ("cap", 95, 1, 99),
        ("gain", 1, -LARGEST, LARGEST),
        ("offset", 0, -LARGEST, LARGEST),
    ),
    "two_point": (("zero", None, -LARGEST, LARGEST), ("span", None, -LARGEST, LARGEST), ("reference", None, -LARGEST, LARGEST)),
}
# model -> least and greatest number of inputs
INPUTS = {"linear": (0, 0), "multilinear": (1, MAX_INPUTS), "rh_growth": (1, 1), "two_point": (0, 0)}
NUMBERS = (
    ("version", "", None, 1, MAX_VERSION),
    ("slot", "", None, 0, 15),
    ("from_ms", "ms", None, 0, MAX_MS),
    ("to_ms", "ms", MAX_MS, 0, MAX_MS),
)

EVERY_KEY = ("id", "node", "quantity", "model", "inputs", "least", "greatest", "source")
INPUT_KEYS = ("slot", "quantity", "coefficient", "least", "greatest")


def faults(calibrations: object) -> "list[Fault]":
    """Every fault of the list. An unknown key is not one."""
    if not isinstance(calibrations, list) or len(calibrations) > MAX_CALIBRATIONS:
        return [Fault((), "a list of at most %d" % MAX_CALIBRATIONS, calibrations)]
    found: "list[Fault]" = []
    sound = []
    for index, calibration in enumerate(calibrations):
        of_one = calibration_faults(calibration)
        if not of_one:
            sound.append((index, calibration))
        found.extend(below((index,), of_one))
    return found + _shared_ids(sound) + _overlaps(sound)


def calibration_faults(calibration: object) -> "list[Fault]":
    """Of one calibration by itself."""
    if not isinstance(calibration, dict):
        return [Fault((), "an object", calibration)]
    found = number_faults(NUMBERS, calibration)
    if not is_text(calibration.get("id"), 1, MAX_KEY):
        found.append(_fault(calibration, "id", "text of 1 to %d characters" % MAX_KEY))
    if not (isinstance(calibration.get("node"), str) and is_node_id(calibration["node"])):
        found.append(_fault(calibration, "node", "1 to %d of a-z, 0-9 and -" % MAX_NODE_CHARACTERS))
    if not is_text(calibration.get("source", ""), 0, MAX_TEXT):
        found.append(_fault(calibration, "source", "text of at most %d characters" % MAX_TEXT))
    found.extend(_channel_faults(calibration))
    if not found and calibration["from_ms"] >= calibration.get("to_ms", MAX_MS):
        found.append(_fault(calibration, "to_ms", "later than from_ms"))
    return found + _model_faults(calibration)


def unknown_keys(calibrations: "list[Any]") -> "list[Fault]":
    """Keys that no row of the tables names: to be refused where a person types, kept where a machine passes on."""
    found: "list[Fault]" = []
    for index, one in enumerate(calibrations):
        model = one.get("model") if isinstance(one, dict) else None
        if not isinstance(model, str) or model not in MODELS:
            continue
        known = EVERY_KEY + tuple(row[0] for row in NUMBERS + MODELS[model])
        found.extend(below((index,), unknown(one, known)))
        inputs = one.get("inputs", [])
        for at, entry in enumerate(inputs if isinstance(inputs, list) else []):
            if isinstance(entry, dict):
                found.extend(below((index, "inputs", at), unknown(entry, INPUT_KEYS)))
    return found


def _fault(fields: "dict[str, Any]", key: str, allowed: str) -> Fault:
    return Fault((key,), allowed, fields.get(key, MISSING))


def _channel_faults(fields: "dict[str, Any]") -> "list[Fault]":
    # What a calibration and each of its inputs have in common: a quantity, and where in it the fit holds.
    if not is_quantity(fields.get("quantity")):
        return [_fault(fields, "quantity", "the key of a quantity")]
    found = [_fault(fields, key, FORM) for key in ("least", "greatest") if key in fields and not is_decimal(fields[key])]
    if not found and "least" in fields and "greatest" in fields and _thousandths(fields["least"]) > _thousandths(fields["greatest"]):
        found.append(_fault(fields, "greatest", "not below least"))
    return found


def _thousandths(value: "int | str") -> int:
    return scaled(value, 1000)


def _model_faults(calibration: "dict[str, Any]") -> "list[Fault]":
    model = calibration.get("model")
    if not isinstance(model, str) or model not in MODELS:
        return [_fault(calibration, "model", "one of " + ", ".join(sorted(MODELS)))]
    found = []
    for key, default, least, greatest in MODELS[model]:
        if key not in calibration:
            if default is None:
                found.append(_fault(calibration, key, "required"))
        elif not is_within(calibration[key], least, greatest):
            found.append(_fault(calibration, key, range_text(least, greatest)))
    if model == "two_point" and not found and scaled(calibration["span"], 10**12) == scaled(calibration["zero"], 10**12):
        found.append(_fault(calibration, "span", "another reading than zero"))
    return found + below(("inputs",), _inputs_faults(model, calibration.get("inputs", [])))


def _inputs_faults(model: str, inputs: object) -> "list[Fault]":
    least, greatest = INPUTS[model]
    if not isinstance(inputs, list) or not least <= len(inputs) <= greatest:
        return [Fault((), "a list of %d to %d" % (least, greatest), inputs)]
    found: "list[Fault]" = []
    for index, entry in enumerate(inputs):
        found.extend(below((index,), _input_faults(model, entry)))
    return found


def _input_faults(model: str, entry: object) -> "list[Fault]":
    if not isinstance(entry, dict):
        return [Fault((), "an object", entry)]
    found = _channel_faults(entry)
    if not is_int(entry.get("slot"), 0, 15):
        found.append(_fault(entry, "slot", "an integer, 0 to 15"))
    if model == "multilinear" and not is_within(entry.get("coefficient"), -LARGEST, LARGEST):
        found.append(_fault(entry, "coefficient", range_text(-LARGEST, LARGEST)))
    if model == "rh_growth" and entry.get("quantity") != "humidity":
        found.append(_fault(entry, "quantity", "humidity"))
    return found


def _shared_ids(calibrations: "list[tuple[int, dict[str, Any]]]") -> "list[Fault]":
    # A change of one names it by its id.
    found = []
    seen = set()
    for index, one in calibrations:
        if one["id"] in seen:
            found.append(Fault((index, "id"), "an id of its own", one["id"]))
        seen.add(one["id"])
    return found


def _overlaps(calibrations: "list[tuple[int, dict[str, Any]]]") -> "list[Fault]":
    # Of two calibrations of one channel at one time it would not be known which made a number.
    found = []
    by_channel: "dict[tuple[Any, ...], list[tuple[int, int, int]]]" = {}
    for index, one in calibrations:
        channel = (one["node"], one["slot"], one["quantity"])
        by_channel.setdefault(channel, []).append((one["from_ms"], one.get("to_ms", MAX_MS), index))
    for spans in by_channel.values():
        spans.sort()
        for at in range(1, len(spans)):
            before, after = spans[at - 1], spans[at]
            if after[0] < before[1]:
                found.append(Fault((after[2], "from_ms"), "not before to_ms of [%d]: one calibration at a time" % before[2], after[0]))
    return sorted(found)
