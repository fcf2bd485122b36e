"""Photos of sites: what stands there, from which side the wind comes, where the ladder goes. The same picture is kept once."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from contract.faults import Fault
from fleet.errors import InvalidError, NotFoundError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places.photo_encoding import Encoded
from fleet.places.sites import lock_site
from fleet.places.tables import photo_content
from fleet.places.tables import site_photo as table
from fleet.store.dialect import insert_unless_present

MOST_OF_A_SITE = 12
NOTE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Photo:
    """width, height: in pixels. size: in bytes."""

    id: int
    site: str
    sha256: str
    width: int
    height: int
    size: int
    note: str
    created_ms: int


def photos_of(connection: Connection, site: str) -> list[Photo]:
    """The oldest first."""
    return [Photo(*row) for row in connection.execute(select(*table.c).where(table.c.site_id == site).order_by(table.c.id))]


def photo_of(connection: Connection, photo: int) -> Photo:
    """Raises NotFoundError."""
    row = connection.execute(select(*table.c).where(table.c.id == photo)).first()
    if row is None:
        raise NotFoundError("photo", str(photo))
    return Photo(*row)


def content_of(connection: Connection, photo: int) -> bytes:
    """A JPEG. Raises NotFoundError."""
    query = select(photo_content.c.content).where(photo_content.c.sha256 == photo_of(connection, photo).sha256)
    return bytes(connection.execute(query).scalar_one())


def add_photo(connection: Connection, act: Act, site: str, encoded: Encoded, note: str) -> Photo:
    """The same picture of the same site again changes nothing. Raises NotFoundError, RetiredError; InvalidError where the site has as many
    as it may have."""
    lock_site(connection, site, for_change=True)
    digest, known = hashlib.sha256(encoded.content).hexdigest(), photos_of(connection, site)
    same = next((photo for photo in known if photo.sha256 == digest), None)
    if same is not None:
        return same
    if len(known) >= MOST_OF_A_SITE:
        raise InvalidError(Fault(("site",), f"a site with fewer than {MOST_OF_A_SITE} photos: delete one first", site))
    insert_unless_present(connection, photo_content, [{"sha256": digest, "content": encoded.content}])
    size, shown = len(encoded.content), {"width": encoded.width, "height": encoded.height, "note": note}
    row = {"site_id": site, "sha256": digest, "size": size, "created_ms": act.now_ms, **shown}
    new = int(connection.execute(insert(table).returning(table.c.id), row).scalar_one())
    audit.record_change(connection, act, "photo_added", site, None, {"photo": new, "sha256": digest, "size": size, **shown})
    return photo_of(connection, new)


def delete_photo(connection: Connection, act: Act, photo: int) -> Photo:
    """Its picture goes with the last site that has it. Raises NotFoundError."""
    found = photo_of(connection, photo)
    # Of two that delete it at once, the second finds nothing.
    if connection.execute(delete(table).where(table.c.id == photo)).rowcount == 0:
        raise NotFoundError("photo", str(photo))
    if connection.execute(select(table.c.id).where(table.c.sha256 == found.sha256)).first() is None:
        connection.execute(delete(photo_content).where(photo_content.c.sha256 == found.sha256))
    shown = {"photo": photo, "sha256": found.sha256, "note": found.note}
    audit.record_change(connection, act, "photo_deleted", found.site, shown, None)
    return found
