"""What an installation is made of: steps, each with its reason. Pure: they look at nothing and change nothing.

A plan is a list of them, and running all of them a second time changes nothing. What runs them: run.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath

UNITS = PurePosixPath("/etc/systemd/system")
_SYSTEM_UNITS = PurePosixPath("/usr/lib/systemd/system")
_AT_BOOT = UNITS / "multi-user.target.wants"
JOURNAL = PurePosixPath("/etc/systemd/journald.conf.d")
# Where a bundle puts programs: a virtual environment a version, and a link to the one in use.
PROGRAMS = PurePosixPath("/opt/airgrid")
_RELEASES = PROGRAMS / "releases"
# Services see none of these: ProtectHome= and PrivateTmp= of their units.
_HIDDEN = (PurePosixPath("/home"), PurePosixPath("/root"), PurePosixPath("/tmp"), PurePosixPath("/var/tmp"), PurePosixPath("/run/user"))


@dataclass(frozen=True)
class Folder:
    """`keep`: what people or the service have put into it outlives the installation."""

    path: PurePosixPath
    mode: int
    owner: str
    group: str
    why: str
    keep: bool = False


@dataclass(frozen=True)
class File:
    """`keep`: one that is there already stays as it is, since people write in it. `outlives`: it stays when the rest is uninstalled."""

    path: PurePosixPath
    content: str
    mode: int
    owner: str
    group: str
    why: str
    keep: bool = False
    outlives: bool = False


@dataclass(frozen=True)
class Link:
    """`keep`: one that others may have set too; it outlives the installation."""

    path: PurePosixPath
    target: PurePosixPath
    why: str
    keep: bool = False


@dataclass(frozen=True)
class Command:
    """`unless`: a command that succeeds when this one has nothing to do. `needs_systemd`: one that only a running systemd can answer."""

    words: tuple[str, ...]
    why: str
    unless: tuple[str, ...] = ()
    needs_systemd: bool = False


Step = Folder | File | Link | Command


def service_user(name: str, home: PurePosixPath, why: str) -> Command:
    words = ("useradd", "--system", "--home-dir", str(home), "--shell", "/usr/sbin/nologin", "--user-group", name)
    return Command(words, why, unless=("id", "-u", name))


def at_boot(unit: str) -> Link:
    """What `systemctl enable` makes of `WantedBy=multi-user.target`: also where no systemd runs, as in a chroot or an image."""
    return Link(_AT_BOOT / unit, UNITS / unit, "started at every boot")


def at_boot_of_the_system(unit: str) -> Link:
    """The same for a unit of a package of Debian."""
    return Link(_AT_BOOT / unit, _SYSTEM_UNITS / unit, "started at every boot", keep=True)


def systemctl(*words: str, why: str) -> Command:
    return Command(("systemctl", *words), why, needs_systemd=True)


def root_file(path: PurePosixPath, content: str, why: str) -> File:
    return File(path, content, 0o644, "root", "root", why)


def template(package: str, name: str, values: Mapping[str, object]) -> str:
    """A file of the folder `files` of a package, its {placeholders} filled."""
    return (files(package) / "files" / name).read_text(encoding="utf-8").format(**values)


def journal_limits(service: str) -> File:
    content = template("host.installation", "journald.conf", {"program_name": service})
    return root_file(JOURNAL / f"{service}.conf", content, "logs turn round before they fill the disk")


def program_in_use(prefix: PurePosixPath, name: str) -> PurePosixPath:
    """The program as units name it. `prefix`: the virtual environment that runs; one that a bundle has made is named by its link, so that
    the next version needs no other unit."""
    home = PROGRAMS / name.removeprefix("airgrid-") if prefix.parent == _RELEASES else prefix
    return home / "bin" / name


def program_faults(program: PurePosixPath, service: str) -> list[str]:
    """Why a service could not run it, with what to do. `service`: what the bundle's installer calls it."""
    hidden = next((folder for folder in _HIDDEN if program.is_relative_to(folder)), None)
    if hidden is None:
        return []
    return [
        f"{program}: services may not look into {hidden} -> unpack the airgrid bundle of this machine and run its installer there: "
        f"sudo ./install {service}; it puts the programs below {PROGRAMS}"
    ]
