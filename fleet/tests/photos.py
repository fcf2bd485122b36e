"""Photos for tests, made here; and what only looks like one."""

import io
import struct
import zlib
from typing import Any

import httpx
from PIL import Image

from fleet.tests.district import District


def jpeg(size: tuple[int, int] = (64, 48), colour: tuple[int, int, int] = (200, 30, 30), **more: Any) -> bytes:
    return saved(Image.new("RGB", size, colour), "JPEG", **more)


def saved(image: Image.Image, form: str, **more: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **more)
    return stream.getvalue()


def with_position() -> bytes:
    """As a phone writes it, held sideways: the left half is red, the right one blue, to be turned by 90 degrees; with GPS and a comment."""
    image = Image.new("RGB", (60, 40), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 30, 40))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 12.0, 30.0), 3: "E", 4: (121.0, 30.0, 0.0)})
    return saved(image, "JPEG", exif=exif, comment=b"at home", quality=95)


def png_of(width: int, height: int) -> bytes:
    """A header that claims this size, and almost nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(100))) + _chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    """The size that its frame claims is another one than that of its pixels."""
    content = jpeg()
    at = content.index(b"\xff\xc0")
    return content[: at + 5] + struct.pack(">HH", height, width) + content[at + 9 :]


async def send_photo(district: District, content: bytes, site: str = "s-1", **query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {district.admin_token}"}
    wanted = {"site": site, "reason": "the new mast", **query}
    return await district.client.post("/api/v1/photos", content=content, headers=headers, params=wanted)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
