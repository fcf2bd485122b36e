"""The configuration of the service: one frozen object, validated once. From arguments, else the environment (AIRGRID_FLEET_PORT: port)."""

import ipaddress
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from fleet.http.zones import zone_of
from fleet.secret_file import is_placeholder, read_secret
from fleet.state_folder import DATABASE_FILE
from fleet.store.dialect import SQLITE
from fleet.store.engine import sqlite_url
from fleet.store.shown_url import has_password

_DATABASES = ("sqlite", "postgresql+psycopg")


class Configuration(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="AIRGRID_FLEET_", frozen=True, extra="forbid")

    state: Path = Field(description="folder of the database and the signing key, for its owner only (mode 0700)")
    db: str | None = Field(default=None, description="database URL, sqlite or postgresql+psycopg; a file in the state folder when absent")
    db_password_file: Path | None = Field(
        default=None,
        description="file with the password of the database in its one line, instead of one in db; closed to others (mode 0640)",
    )
    host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0: every one of this machine, with TLS only")
    port: int = Field(default=8080, ge=0, le=65535, description="to listen on; 0: any free one")
    tls_certificate: Path | None = Field(default=None, description="file, PEM, with the whole chain; together with its key")
    tls_key: Path | None = Field(default=None, description="file, PEM, without a passphrase")
    behind_tls_proxy: bool = Field(default=False, description="another program ends TLS, so plain HTTP may leave this machine")

    connections: int = Field(
        default=4000, ge=16, le=60_000, description="at once; as far as the unit's descriptors allow; beyond, the longest silent goes"
    )
    connections_by_address: int = Field(
        default=500,
        ge=4,
        le=60_000,
        description="of one address, without a valid token; beyond, its longest silent goes; not counted behind a proxy",
    )
    body_s: int = Field(default=120, ge=5, le=3600, description="longest time for the body of a request to arrive")
    enrolment_valid_s: int = Field(default=7 * 86400, ge=60, le=90 * 86400, description="how long an enrolment code can be used")
    ingest_requests_per_s: int = Field(default=500, ge=1, description="of one gateway; beyond: 429")
    failures_per_minute: int = Field(default=60, ge=1, description="wrong tokens and codes of one address; beyond: 429")
    waiting_writes: int = Field(default=64, ge=1, le=10_000, description="beyond: 503")
    longest_wait_s: int = Field(default=60, ge=0, le=600, description="of a long poll")
    artifacts_bytes: int = Field(default=512 << 20, ge=8 << 20, description="all artifacts together; beyond: 507")
    log_lines: int = Field(default=100_000, ge=1000, description="kept; beyond, the oldest go, counted as log_lines_dropped")

    time_zone: str = Field(default="Asia/Shanghai", description="of the district (IANA): its days begin at midnight there")

    @property
    def zone(self) -> ZoneInfo:
        found = zone_of(self.time_zone)
        assert found is not None
        return found

    @property
    def database_url(self) -> str:
        if self.db is None:
            return sqlite_url(self.state / DATABASE_FILE)
        if self.db_password_file is None:
            return self.db
        return make_url(self.db).set(password=read_secret(self.db_password_file)).render_as_string(hide_password=False)

    @property
    def database_file(self) -> Path | None:
        """None where it is no file of this machine."""
        url = make_url(self.database_url)
        if url.get_backend_name() != SQLITE or url.database in (None, "", ":memory:"):
            return None
        # The service is started in the root folder.
        return Path("/") / str(url.database)

    @field_validator("state")
    @classmethod
    def _from_here(cls, state: Path) -> Path:
        # One folder for all that is made of it, and in what is said of it.
        return state.absolute()

    @field_validator("db")
    @classmethod
    def _is_supported(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts = make_url(url)
        except (ArgumentError, ValueError):  # whose words may have a part of a password in them
            raise ValueError("must be a database URL") from None
        if parts.drivername not in _DATABASES:
            raise ValueError("must begin with " + " or ".join(_DATABASES))
        if parts.get_backend_name() != SQLITE and "@" in f"{parts.host}{parts.database}":
            # The rest of a password would be shown as host or database.
            raise ValueError('has an "@" too many: in user and password write "@" as %40, ":" as %3A, "/" as %2F')
        return url

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if zone_of(name) is None:
            raise ValueError("must be the name of a time zone, such as Asia/Shanghai or UTC")
        return name

    @model_validator(mode="after")
    def _has_a_password(self) -> "Configuration":
        """Or none, where PostgreSQL knows the user otherwise."""
        if self.db_password_file is not None and (self.db is None or make_url(self.db).get_backend_name() == SQLITE):
            raise ValueError("db_password_file: only a database server has a password: give its URL as db")
        if self.db_password_file is not None and has_password(self.db or ""):
            raise ValueError("db_password_file: the password stands in db already: take it out there")
        url = make_url(self.database_url)
        passwords = [url.password, *url.normalized_query.get("password", ())]
        if any(password is not None and is_placeholder(password) for password in passwords):
            raise ValueError("db: what stands there in place of the password is no secret: give PostgreSQL's user a password of its own")
        return self

    @model_validator(mode="after")
    def _is_safe(self) -> "Configuration":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key come together")
        if not _is_loopback(self.host) and self.tls_certificate is None and not self.behind_tls_proxy:
            raise ValueError(
                "host: tokens would cross the network in plain text; give "
                "tls_certificate and tls_key (files, PEM), or behind_tls_proxy = true"
            )
        return self


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
