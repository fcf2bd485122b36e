"""What a part says of itself in a hello, and which sensor that can be. Pure.

A hello names of each part `[slot, part, identity]`. An identity is worth more or less, by the part:

    serial   one of its kind: an SPS30 reads it from the part, of an instrument of a gateway its configuration has it
    mark     its like may say the same: the firmware of a Plantower or NextPM, the id of an SDS011, which has 16 bits
    nothing  "", of a part that has neither, or has not said it yet

Another serial, another mark or another part is another sensor. The same mark, and nothing, prove nothing.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARKED_PARTS = frozenset({"nextpm", "sds011"})
_FIRMWARE = "firmware "
# Parts that say their serial number a while after they start.
_TELLS_SERIAL = frozenset({"sps30"})
_NAME_CHARACTERS = 32
_NAMES = 8


@dataclass(frozen=True, slots=True)
class Identity:
    """model: the part. Of serial and mark at most one is not empty."""

    model: str
    serial: str = ""
    mark: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the part has a serial number, and has not said it yet."""
        return self.model in _TELLS_SERIAL and not self.serial


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a sensor. serial: None where it has none that is known."""

    model: str
    serial: str | None
    mark: str


def identity_of(part: str, identity: str) -> Identity:
    if part in _MARKED_PARTS or identity.startswith(_FIRMWARE):
        return Identity(part, mark=identity)
    return Identity(part, serial=identity)


def may_be(identity: Identity, known: Known) -> bool:
    """Whether the part can be this sensor."""
    if identity.model != known.model:
        return False
    if identity.serial:
        return known.serial in (None, identity.serial)
    return not identity.mark or known.mark in ("", identity.mark)


def adds(identity: Identity, known: Known) -> bool:
    """Whether it says more of the sensor that it may be than is known."""
    return bool(identity.serial and known.serial is None) or bool(identity.mark and not known.mark)


def names_for(identity: Identity, place: str) -> Iterator[str]:
    """Names to choose from for a sensor that was found, the most readable first. place: what makes it unlike others without a serial."""
    if identity.serial:
        readable = _slug(f"{identity.model}-{identity.serial}")
        if len(readable) <= _NAME_CHARACTERS:
            yield readable
    basis = f"{identity.model} {identity.serial or place}"
    for number in range(_NAMES):
        digest = hashlib.sha256(f"{basis} {number}".encode()).hexdigest()[:10]
        yield f"{_slug(identity.model)[: _NAME_CHARACTERS - 11]}-{digest}".lstrip("-")


def _slug(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")
