"""Which published advisories are about a version of a package: records in the OSV format, as files handed in. Reads files; decides purely.

The format: one JSON object a file, with "affected": [{"package": {"ecosystem", "name"}, "versions": [...], "ranges": [{"type", "events"}]}]
and perhaps "withdrawn". (https://ossf.github.io/osv-schema, version 1.7; "ECOSYSTEM" and "SEMVER" ranges; a range of "GIT" names commits.)
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

Record = dict[str, Any]
Package = tuple[str, str]  # ecosystem, name as that ecosystem compares it


class Advisories:
    def __init__(self, records: Iterable[Record]) -> None:
        self._by_package: dict[Package, list[Record]] = {}
        self.count = 0
        for record in records:
            self.count += 1
            for package in {_package(affected) for affected in record.get("affected", [])}:
                self._by_package.setdefault(package, []).append(record)

    def about(self, ecosystem: str, name: str, version: str) -> list[Record]:
        """Those in force of that version."""
        package = ecosystem, _name(ecosystem, name)
        return [record for record in self._by_package.get(package, []) if "withdrawn" not in record and _affects(record, package, version)]


def read(path: Path) -> Iterator[Record]:
    """Of a folder with .json files or .zip files of them, or of one such file. Raises ValueError on what is no record."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                yield from (_record(archive.read(name), f"{file}: {name}") for name in archive.namelist() if name.endswith(".json"))
        elif file.suffix == ".json":
            yield _record(file.read_bytes(), str(file))


def _record(text: bytes, where: str) -> Record:
    record = json.loads(text)
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        raise ValueError(f"{where}: no advisory in the OSV format")
    return record


def _package(affected: dict[str, Any]) -> Package:
    package = affected.get("package", {})
    # An ecosystem may have a suffix: "Debian:12".
    ecosystem = str(package.get("ecosystem", "")).split(":")[0]
    return ecosystem, _name(ecosystem, str(package.get("name", "")))


def _name(ecosystem: str, name: str) -> str:
    return str(canonicalize_name(name)) if ecosystem == "PyPI" else name


def _affects(record: Record, package: Package, version: str) -> bool:
    parts = [affected for affected in record["affected"] if _package(affected) == package]
    return any(_listed(affected, version) or any(_within(one, version) for one in affected.get("ranges", [])) for affected in parts)


def _listed(affected: dict[str, Any], version: str) -> bool:
    asked = _parsed(version)
    return any(listed == version or (asked is not None and _parsed(listed) == asked) for listed in affected.get("versions", []))


def _within(one: dict[str, Any], version: str) -> bool:
    asked = _parsed(version)
    if asked is None or one.get("type") not in ("ECOSYSTEM", "SEMVER"):
        return False
    affected = False
    for kind, text in sorted((_event(event) for event in one.get("events", [])), key=_order):
        bound = _parsed(text)
        if bound is None:
            continue
        if kind == "introduced" and asked >= bound:
            affected = True
        elif (kind == "fixed" and asked >= bound) or (kind == "last_affected" and asked > bound):
            affected = False
    return affected


def _event(event: dict[str, str]) -> tuple[str, str]:
    ((kind, text),) = event.items()
    return kind, text


def _order(event: tuple[str, str]) -> tuple[Version, bool]:
    # At one version the new introduction follows the fix.
    return _parsed(event[1]) or Version("0"), event[0] == "introduced"


def _parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None
