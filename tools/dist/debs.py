"""Fetches the packages of Debian that a minimal system lacks, by an apt in a folder of its own: for any suite and architecture, from the
mirrors that this machine is configured for, by hashes of indexes that Debian's archive keys have signed. Changes nothing of this machine.
"""

import hashlib
import os
import shutil
from pathlib import Path

from tools.dist import package_index
from tools.dist.errors import DistError
from tools.dist.targets import Target
from tools.setup import apt_sources
from tools.setup.errors import SetupError
from tools.setup.micropython import machine_sources
from tools.setup.running import run

# What is installed by name; the packages that they need come along. procps: its kill is how the unit of mosquitto has it read its files again.
WANTED = ("ca-certificates", "mosquitto", "nftables", "procps", "python3", "python3-venv", "sudo")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Of the suite itself, and of what mends it between releases.
_POCKETS = ("", "-updates", "-security")


class Archive:
    """apt's view of one suite and architecture, as of a machine on which nothing is installed."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target = target
        self._folder = folder.absolute()

    def open(self, sources: list[apt_sources.Source], own_suite: str) -> None:
        """Reads the signed indexes. Raises DistError when no mirror has them, or a signature does not fit."""
        for name in ("sources", "state/lists/partial", "cache/archives/partial"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").write_text("")
        stanzas = _stanzas(sources, own_suite, self._target.suite.name)
        (self._folder / "sources" / "suite.sources").write_text("\n".join(stanzas))
        self._run("apt-get", "update", "-q")

    def closure(self, names: list[str]) -> list[package_index.Download]:
        return package_index.downloads(self._run("apt-get", "install", "-y", "-q", "--print-uris", *names))

    def minimal_system(self) -> set[str]:
        """Names of the packages that are there before anything is installed."""
        basic = package_index.minimal(self._run("apt-cache", "dumpavail"))
        return {download.package for download in self.closure(basic)}

    def fetch(self, wanted: list[package_index.Download], cache: Path, folder: Path) -> list[str]:
        """The packages, each checked against the signed index; their stanzas of the bundle's index."""
        versions = [f"{download.package}={download.version}" for download in wanted]
        stanzas = [stanza for stanza in self._run("apt-cache", "show", *versions).split("\n\n") if stanza.strip()]
        chosen = [stanza for stanza in stanzas if package_index.described(stanza) in wanted]
        absent = [stanza for stanza in chosen if not _is_whole(cache, stanza)]
        if absent:
            self._run("apt-get", "download", "-q", *("{}={}".format(*package_index.described(stanza)) for stanza in absent), cwd=cache)
        return [_taken(stanza, cache, folder) for stanza in chosen]

    def _run(self, program: str, *words: str, cwd: Path | None = None) -> str:
        architecture = self._target.architecture.debian
        options = {
            "APT::Architecture": architecture,
            "APT::Architectures": architecture,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "APT::Get::AllowUnauthenticated": "false",
            "Acquire::AllowInsecureRepositories": "false",
            "Acquire::AllowWeakRepositories": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Debug::NoLocking": "true",
            "Dir::Cache": str(self._folder / "cache"),
            "Dir::Etc::Preferences": os.devnull,
            "Dir::Etc::PreferencesParts": os.devnull,
            "Dir::Etc::SourceList": os.devnull,
            "Dir::Etc::SourceParts": str(self._folder / "sources"),
            "Dir::State": str(self._folder / "state"),
            "Dir::State::status": str(self._folder / "status"),
        }
        settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        try:
            return run([program, *settings, *words], cwd=cwd)
        except SetupError as error:
            raise DistError(f"{self._target.name}: {error}") from error


def fetch(target: Target, own_suite: str, work: Path, cache: Path, folder: Path) -> list[str]:
    """Fills the folder with packages and their index; the names of the files. Raises DistError."""
    archive = Archive(target, work)
    archive.open(machine_sources(Path("/etc/apt")), own_suite)
    there = archive.minimal_system()
    cache.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted = [download for download in archive.closure(list(WANTED)) if download.package not in there]
    (folder / "Packages").write_text(package_index.index(archive.fetch(wanted, cache, folder)))
    return sorted(path.name for path in folder.glob("*.deb"))


def _stanzas(sources: list[apt_sources.Source], own: str, wanted: str) -> list[str]:
    """Of every pocket that this machine has a mirror for; the first one is needed. Signatures are checked by Debian's archive keys."""
    found = []
    for pocket in _POCKETS:
        try:
            stanzas = apt_sources.of_other_suite(sources, own + pocket, wanted + pocket, ("main",))
        except SetupError as error:
            if not pocket:
                raise DistError(str(error)) from error
            continue
        found += [stanza if "Signed-By:" in stanza else f"{stanza}Signed-By: {_KEYRING}\n" for stanza in stanzas]
    return found


def _taken(stanza: str, cache: Path, folder: Path) -> str:
    if not _is_whole(cache, stanza):
        raise DistError(
            f"{package_index.cached_name(stanza)}: is not what the signed index says; delete it from {cache}, and run this again"
        )
    name = package_index.file_name(stanza)
    content = (cache / package_index.cached_name(stanza)).read_bytes()
    (folder / name).write_bytes(content)
    return package_index.indexed(stanza, f"./{name}", len(content))


def _is_whole(cache: Path, stanza: str) -> bool:
    path = cache / package_index.cached_name(stanza)
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == package_index.fields(stanza)["SHA256"]
