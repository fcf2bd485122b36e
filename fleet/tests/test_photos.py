"""Photos of sites: what is kept is upright, small, and says nothing of its camera; what is no photo is refused, and costs nothing."""

import io
import resource
from typing import Any

import pytest
from PIL import Image

from fleet.places.photo_encoding import MOST_BYTES, SIDE, encoded
from fleet.places.photos import MOST_OF_A_SITE
from fleet.tests.district import District
from fleet.tests.photos import jpeg, jpeg_of, png_of, saved, send_photo, with_position
from fleet.tests.things import add_site, newest_change, refused


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def contents(district: District) -> int:
    found = district.service.read(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM photo_content").scalar())
    return int(found or 0)


async def fetched(district: District, photo: int) -> bytes:
    return (await district.admin("GET", f"photos/{photo}")).content


async def test_a_photo_is_kept_upright_and_without_what_the_camera_wrote(district: District) -> None:
    content = with_position()
    assert b"A phone" in content and opened(content).getexif().get_ifd(0x8825)
    made = (await send_photo(district, content, note="from the gate")).json()
    assert (made["site"], made["width"], made["height"], made["note"]) == ("s-1", 40, 60, "from the gate")
    shown = await district.admin("GET", f"photos/{made['id']}")
    kept = opened(shown.content)
    assert shown.headers["content-type"] == "image/jpeg" and len(shown.content) == made["size"]
    assert not kept.getexif() and "comment" not in kept.info and b"phone" not in shown.content
    top, bottom = kept.getpixel((20, 10)), kept.getpixel((20, 50))
    assert isinstance(top, tuple) and isinstance(bottom, tuple) and top[0] > 200 and bottom[2] > 200, "turned as the camera was held"
    change = await newest_change(district, "photo_added")
    assert (change["subject"], change["reason"], change["after"]["photo"]) == ("s-1", "the new mast", made["id"])


FORMS: dict[str, tuple[bytes, tuple[int, int]]] = {
    "jpeg": (jpeg((3200, 1600)), (SIDE, SIDE // 2)),
    "progressive": (jpeg(progressive=True), (64, 48)),
    "grey": (saved(Image.new("L", (30, 20), 99), "JPEG"), (30, 20)),
    "cmyk": (saved(Image.new("CMYK", (30, 20)), "JPEG"), (30, 20)),
    "png": (saved(Image.new("RGBA", (30, 20), (0, 0, 0, 0)), "PNG"), (30, 20)),
    "palette": (saved(Image.new("P", (30, 20)), "PNG", transparency=0), (30, 20)),
    "webp": (saved(Image.new("RGB", (30, 20)), "WEBP"), (30, 20)),
}


@pytest.mark.parametrize(("content", "size"), FORMS.values(), ids=FORMS)
def test_what_it_is_its_content_says(content: bytes, size: tuple[int, int]) -> None:
    made = encoded(content)
    kept = opened(made.content)
    assert (made.width, made.height) == kept.size == size and (kept.format, kept.mode) == ("JPEG", "RGB")
    assert max(kept.size) <= SIDE


def test_what_is_transparent_is_white() -> None:
    assert opened(encoded(FORMS["png"][0]).content).getpixel((5, 5)) == (255, 255, 255)


NONE: dict[str, bytes] = {
    "nothing": b"",
    "text": b"<svg onload='alert(1)'/>" * 50,
    "cut short": jpeg((640, 480))[:700],
    "gif": saved(Image.new("P", (9, 9)), "GIF"),
    "tiff": saved(Image.new("RGB", (9, 9)), "TIFF"),
    "a head only": b"\xff\xd8\xff\xe0",
    "huge png": png_of(60_000, 60_000),
    "large png": png_of(9000, 9000),
    "empty png": png_of(3000, 3000),
    "huge jpeg": jpeg_of(65_000, 65_000),
    "large jpeg": jpeg_of(12_000, 9000),
    "broken png": png_of(9, 9)[:-20] + b"\x00" * 20,
}


# Pillow warns of one that is refused all the same.
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("content", NONE.values(), ids=NONE)
async def test_a_photo_that_is_none_is_refused_and_nothing_is_kept(district: District, content: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    response = await send_photo(district, content)
    assert response.status_code == 422, response.text
    assert "photo" in response.json()["faults"][0]["allowed"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "KiB: the size that a header claims is not allocated"
    assert contents(district) == 0 and (await district.read("sites/s-1/photos"))["items"] == []


async def test_a_body_beyond_the_limit_is_refused_and_so_is_one_photo_too_many(district: District) -> None:
    assert (await send_photo(district, bytes(MOST_BYTES + 1))).status_code == 413
    for number in range(MOST_OF_A_SITE):
        assert (await send_photo(district, jpeg(colour=(number * 20, 0, 0)))).status_code == 201
    again = await send_photo(district, jpeg(colour=(0, 0, 0)))
    assert (again.status_code, again.json()["id"]) == (201, 1), "the same photo is no other one"
    response = await send_photo(district, jpeg(colour=(9, 99, 9)))
    assert response.status_code == 422 and response.json()["faults"][0]["path"] == "site"
    assert len((await district.read("sites/s-1/photos"))["items"]) == MOST_OF_A_SITE


async def test_a_picture_goes_with_the_last_site_that_has_it(district: District) -> None:
    await add_site(district, "s-2")
    first, second = [(await send_photo(district, jpeg(), site)).json() for site in ("s-1", "s-2")]
    assert first["sha256"] == second["sha256"] and contents(district) == 1
    deleted = await district.admin("DELETE", f"photos/{first['id']}", reason="the mast is gone")
    assert deleted.json()["id"] == first["id"] and contents(district) == 1 and await fetched(district, second["id"])
    assert (await district.read("sites/s-1/photos"))["items"] == []
    await district.admin("DELETE", f"photos/{second['id']}", reason="the mast is gone")
    assert contents(district) == 0
    await refused(district, "GET", f"photos/{second['id']}", 404)
    assert (await district.admin("DELETE", f"photos/{second['id']}", reason="again")).status_code == 404
    assert (await newest_change(district, "photo_deleted"))["before"]["sha256"] == first["sha256"]


async def test_who_may_not_ask_and_sites_that_there_are_not_cost_no_picture(district: District) -> None:
    stranger = await district.client.post("/api/v1/photos", content=jpeg(), params={"site": "s-1", "reason": "r"})
    assert stranger.status_code == 401
    assert (await send_photo(district, jpeg(), "s-9")).status_code == 404
    wrong: Any = await send_photo(district, jpeg(), "s-1", note="a\nb")
    assert wrong.status_code == 422 and wrong.json()["faults"][0]["path"] == "note"
