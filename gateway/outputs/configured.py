"""Outputs by the words of gateway.toml: gpio:17, gpio:17:low (on is low), file:/run/airgrid/siren."""

import re
from pathlib import Path

from gateway.outputs.output import Output
from gateway.outputs.virtual_pin import VirtualPin

ALLOWED = "gpio:NUMBER, gpio:NUMBER:low or file:/absolute/path"
_GPIO = re.compile(r"gpio:(\d{1,3})(:low)?")
_FILE = re.compile(r"file:(/.+)")


def is_output(words: object) -> bool:
    return isinstance(words, str) and bool(_GPIO.fullmatch(words) or _FILE.fullmatch(words))


def gpio_number(words: str) -> int | None:
    """None: it is a file. The words must be `is_output`."""
    pin = _GPIO.fullmatch(words)
    return int(pin[1]) if pin else None


def make_output(words: str) -> Output:
    """Opens nothing yet. The words must be `is_output`."""
    pin = _GPIO.fullmatch(words)
    if pin is None:
        return VirtualPin(Path(words.removeprefix("file:")))
    from gateway.outputs.gpio import GpioPin  # only where there are pins

    return GpioPin(int(pin[1]), active_high=pin[2] is None)
