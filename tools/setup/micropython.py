"""A MicroPython for distributions that have none, or one too old: the next suite's package, unpacked with its own C library.

Changes nothing outside the checkout and needs no root: apt works in a folder of its own, asks the machine's own mirror, and
verifies with the machine's own keys. In build/micropython:

    micropython     launcher: starts the program below with the loader and libraries below
    root/           the packages' files
"""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tools.setup import apt_sources
from tools.setup.errors import SetupError
from tools.setup.running import run, say

LEAST_VERSION = (1, 23)


class Newer(NamedTuple):
    suite: str
    components: tuple[str, ...]


# codename of a distribution without a usable package -> where the next one has it
NEWER_SUITES = {"bookworm": Newer("trixie", ("main",)), "noble": Newer("resolute", ("main", "universe"))}
LAUNCHER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/{loader}" --library-path "$here/{libraries}" "$here/root/usr/bin/micropython" "$@"
"""


def version_of(command: str) -> tuple[int, ...]:
    """(1, 25, 0) of a MicroPython; () when it does not run."""
    try:
        asked = subprocess.run(
            [command, "-c", "import sys; print(sys.implementation[1])"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", asked.stdout)[:3])


def usable(command: str | None) -> bool:
    return command is not None and version_of(command) >= LEAST_VERSION


def newer_suite() -> Newer | None:
    """None where the distribution's own package will do."""
    return NEWER_SUITES.get(platform.freedesktop_os_release().get("VERSION_CODENAME", ""))


def unpack(newer: Newer, folder: Path) -> None:
    """Fills the folder, whole or not at all. Raises SetupError when no source of the machine has the package."""
    own = platform.freedesktop_os_release()["VERSION_CODENAME"]
    stanzas = apt_sources.of_other_suite(machine_sources(Path("/etc/apt")), own, newer.suite, newer.components)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="micropython.") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        for package in _first_that_has_it(stanzas, Path(scratch)):
            run(["dpkg-deb", "-x", str(package), str(fresh / "root")])
        write_launcher(fresh)
        if not usable(str(fresh / "micropython")):
            raise SetupError("the unpacked micropython does not run")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def machine_sources(etc_apt: Path) -> list[apt_sources.Source]:
    found = []
    for path in [etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            found.extend(apt_sources.parse_one_line(path.read_text(errors="replace")))
        elif path.suffix == ".sources":
            found.extend(apt_sources.parse_deb822(path.read_text(errors="replace")))
    return found


def download(stanza: str, package: str, scratch: Path) -> list[Path]:
    """The package and all it depends on, from this source alone, verified. Raises SetupError."""
    apt = _private_apt(stanza, scratch)
    run([*apt, "update", "-q"])
    run([*apt, "install", "--download-only", "-y", "-q", package])
    return sorted((scratch / "cache" / "archives").glob("*.deb"))


def write_launcher(folder: Path) -> None:
    """For the files below folder/root, whatever the architecture."""
    loaders = sorted((folder / "root").glob("usr/lib/*/ld-linux*.so.*"))
    if len(loaders) != 1:
        raise SetupError(f"expected one dynamic loader among the unpacked files, found {len(loaders)}")
    loader = loaders[0].relative_to(folder)
    launcher = folder / "micropython"
    launcher.write_text(LAUNCHER.format(loader=loader, libraries=loader.parent))
    launcher.chmod(0o755)


def _first_that_has_it(stanzas: list[str], scratch: Path) -> list[Path]:
    failures = []
    for number, stanza in enumerate(stanzas):
        try:
            return download(stanza, "micropython", scratch / str(number))
        except SetupError as error:
            failures.append(str(error))
    say("If a key is missing: apt-get install debian-archive-keyring brings the keys of newer suites.")
    raise SetupError("no source of this machine has a micropython that could be verified:\n" + "\n".join(failures))


def _private_apt(stanza: str, scratch: Path) -> list[str]:
    # An empty status file: apt sees a machine with nothing installed, so that every library is fetched too.
    for name in ("sources", "state/lists/partial", "cache/archives/partial"):
        (scratch / name).mkdir(parents=True)
    (scratch / "sources" / "other.sources").write_text(stanza)
    (scratch / "status").touch()
    options = {
        "Dir::Etc::SourceList": os.devnull,
        "Dir::Etc::SourceParts": scratch / "sources",
        "Dir::Etc::Preferences": os.devnull,
        "Dir::Etc::PreferencesParts": os.devnull,
        "Dir::State": scratch / "state",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
        "APT::Get::AllowUnauthenticated": "false",
        "Debug::NoLocking": "true",
    }
    return ["apt-get"] + [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
