"""Stanzas of Debian's package indexes: which packages a minimal system has, and an index of those that a bundle carries. Pure.

A stanza is `Field: value` lines, continued by lines that begin with white space; stanzas are separated by empty lines.
"""

from collections.abc import Iterable
from typing import NamedTuple

# What apt needs to choose, order and check; the rest is for people.
_KEPT = (
    *("Package", "Source", "Version", "Architecture", "Multi-Arch", "Essential", "Priority", "Section", "Maintainer", "Installed-Size"),
    *("Pre-Depends", "Depends", "Recommends", "Suggests", "Breaks", "Conflicts", "Replaces", "Provides", "Enhances", "Description"),
)


class Download(NamedTuple):
    """A line of `apt-get --print-uris`: 'uri' name size SHA256:hash."""

    package: str
    version: str


def downloads(printed: str) -> list[Download]:
    """From the names of files: package_version_architecture.deb, where a colon of the version is written %3a."""
    found = []
    for line in printed.splitlines():
        words = line.split()
        if line.startswith("'") and len(words) >= 3:
            package, version, _ = words[1].rsplit("_", 2)
            found.append(Download(package, version.replace("%3a", ":")))
    return found


def fields(stanza: str) -> dict[str, str]:
    """Continued lines are left out but for the first; Depends and such are never continued in an index."""
    pairs = (line.partition(": ") for line in stanza.splitlines() if line and not line[0].isspace())
    return {name: value for name, _, value in pairs}


def minimal(available: str) -> list[str]:
    """Names of the packages that every Debian system has, from all stanzas of an index: debootstrap's smallest choice."""
    found = {about["Package"] for about in map(fields, available.split("\n\n")) if _is_basic(about)}
    return sorted(found | {"apt"})


def described(stanza: str) -> Download:
    about = fields(stanza)
    return Download(about["Package"], about["Version"])


def file_name(stanza: str) -> str:
    """As the archive names it, without the epoch of the version."""
    return fields(stanza)["Filename"].rpartition("/")[2]


def cached_name(stanza: str) -> str:
    """As apt names a file that it downloads."""
    about = fields(stanza)
    return "_".join((about["Package"], about["Version"].replace(":", "%3a"), about["Architecture"])) + ".deb"


def indexed(stanza: str, filename: str, size: int) -> str:
    """A stanza of the bundle's own index, with the hash of the one that was signed."""
    about = fields(stanza)
    kept = [f"{name}: {about[name]}" for name in _KEPT if name in about]
    return "\n".join([*kept, f"Filename: {filename}", f"Size: {size}", f"SHA256: {about['SHA256']}"]) + "\n"


def index(stanzas: Iterable[str]) -> str:
    return "\n".join(sorted(stanzas))


def _is_basic(about: dict[str, str]) -> bool:
    return "Package" in about and (about.get("Essential") == "yes" or about.get("Priority") == "required")
