"""Tables of places: areas, sites, and what was deployed where, from when to when."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, LargeBinary, SmallInteger, String, Table, Text

from fleet.store.columns import Name, RowId, Sha256, metadata

# geometry: text of GeoJSON (geometry.py); west to north: its box in degrees, null where it has none.
area = Table(
    "area",
    metadata,
    Column("id", Name, primary_key=True),
    Column("level", SmallInteger, nullable=False),
    Column("parent_id", Name, ForeignKey("area.id"), index=True),
    Column("kind", String(10)),
    Column("name_zh", String(200), nullable=False),
    Column("name_en", String(200), nullable=False),
    Column("geometry", Text),
    Column("west", Float(53)),
    Column("south", Float(53)),
    Column("east", Float(53)),
    Column("north", Float(53)),
    Column("created_ms", BigInteger, nullable=False),
    Column("retired_ms", BigInteger),
)

site = Table(
    "site",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("latitude", Float(53), nullable=False),
    Column("longitude", Float(53), nullable=False),
    Column("area_id", Name, ForeignKey("area.id"), index=True),
    Column("kind", String(12), nullable=False, server_default="fixed"),
    Column("inlet_height_m", Float(53)),
    Column("surroundings", String(2000), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Column("retired_ms", BigInteger),
)

# content: a JPEG that we have encoded (photo_encoding.py). It is kept as long as a site has it.
photo_content = Table(
    "photo_content",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

site_photo = Table(
    "site_photo",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("site_id", Name, ForeignKey("site.id"), nullable=False, index=True),
    Column("sha256", Sha256, ForeignKey("photo_content.sha256"), nullable=False, index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("note", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

deployment = Table(
    "deployment",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("node_id", Name, ForeignKey("node.id"), nullable=False, index=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("gateway_id", Name, ForeignKey("gateway.id"), nullable=False, index=True),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger),
    Column("replaces_id", BigInteger),
    Column("node_from_ms", BigInteger, nullable=False, server_default="0"),
)

# The position of each slot that something has come of; `outside`: for what is dated outside the deployment (deployments.py).
slot_position = Table(
    "slot_position",
    metadata,
    Column("deployment_id", ForeignKey("deployment.id"), primary_key=True),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    Column("outside", Boolean, primary_key=True),
    Column("position", Integer, nullable=False),
)
