"""A database URL for people: hints and findings stand in logs and on screens, so that no password of it is ever shown."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

# Parts of the names of parameters of PostgreSQL that are secret, or name a file of secrets.
_SECRET = ("pass", "pwd", "secret")


def shown_url(url: str, driver: str | None = None) -> str:
    """Without its passwords: the one before `@` and those of its query. `driver`: shown in the place of its own."""
    parts = make_url(url)
    shown = parts._replace(password=None).difference_update_query(_secrets(parts))
    return shown.set(drivername=driver or parts.drivername).render_as_string()


def has_password(url: str) -> bool:
    """Whether it cannot be shown as it was given; of what is no URL nothing is known."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return True
    return parts.password is not None or bool(_secrets(parts))


def _secrets(parts: URL) -> list[str]:
    return [name for name in parts.query if any(word in name.lower() for word in _SECRET)]
