"""A photo as people take it, made into one that can be kept: decoded and encoded again, upright, small enough for a page, and without what
a camera writes beside it, such as where and when it was taken.

What it is, its first bytes say, not its name. Memory is bounded before a pixel is decoded: by the size that the header claims, and because
a JPEG is decoded at a fraction of its size. Knows Pillow, and loads it with the first photo.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.faults import MISSING, Fault
from fleet.errors import InvalidError

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 12 << 20
FORMATS = ("JPEG", "PNG", "WEBP")
# Of the longer side of what is kept.
SIDE = 1600
# A JPEG that is not progressive is decoded row by row, at a fraction of its size; all others are whole in memory, with 3 or 4 bytes a pixel
# and, where they are progressive, 6 more.
MOST_PIXELS_BY_ROWS = 80_000_000
MOST_PIXELS_AT_ONCE = 16_000_000
_QUALITY = 82
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Encoded:
    """content: a JPEG. width, height: in pixels."""

    content: bytes
    width: int
    height: int


def encoded(content: bytes) -> Encoded:
    """Raises InvalidError, of whatever is no photo."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _require_size(image)
            return _encoded(image)
    except InvalidError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:  # what a decoder raises on damaged bytes is not declared
        raise InvalidError(Fault((), "a whole photo as JPEG, PNG or WebP; its content counts, not its name", MISSING)) from error


def _require_size(image: "Image.Image") -> None:
    by_rows = image.format == "JPEG" and not image.info.get("progressive")
    if image.width * image.height > (MOST_PIXELS_BY_ROWS if by_rows else MOST_PIXELS_AT_ONCE):
        raise _too_large()


def _too_large() -> InvalidError:
    most, others = MOST_PIXELS_BY_ROWS // 1_000_000, MOST_PIXELS_AT_ONCE // 1_000_000
    return InvalidError(Fault((), f"a photo of at most {most} million pixels, {others} million as PNG, WebP or progressive JPEG", MISSING))


def _encoded(image: "Image.Image") -> Encoded:
    from PIL import Image, ImageOps

    image.draft("RGB", (SIDE, SIDE))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    plain = Image.new("RGB", upright.size, _WHITE)
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        plain.paste(upright, mask=upright.getchannel("A"))
    else:
        plain.paste(upright.convert("RGB"))
    stream = io.BytesIO()
    plain.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return Encoded(stream.getvalue(), *plain.size)
