"""Takes back what the installer of a bundle has placed: programs, links to them, and units of a trial. What another part of airgrid on this
machine runs on stays. May be cut and run again: what is gone already is no fault."""

import shutil
from collections.abc import Iterator

from host.errors import InstallationError
from host.installation.removal import REMOVED, SHARED
from host.release import journal, units
from host.release.places import PARTS, PROGRAMS, Places
from host.release.switch import installed_services

_TRIES = 20


def refuse_on_trial(part: str, places: Places) -> None:
    """Raises InstallationError: the verdict on a new version counts both services, and puts both back where it returns."""
    if places.trial.exists() and any(other != part for other in installed_services(places)):
        raise InstallationError("uninstall", "a new version is on trial -> wait for its verdict, at most 15 minutes, and run this again")


def program_lines(places: Places) -> Iterator[str]:
    """A line for each thing that is removed, or stays and for whom; for after the service's own. Raises InstallationError."""
    if not places.home.exists():
        return
    users = [PARTS[part] for part in installed_services(places)] + ([PARTS["node"]] if places.tool_wanted.exists() else [])
    if users:
        yield f"{SHARED:<22}{places.home}: {', '.join(users)}"
        return
    try:
        yield from _removed(places)
    except OSError as error:
        raise InstallationError("uninstall", f"{error} -> rm -r {places.home}, as root") from error


def _removed(places: Places) -> Iterator[str]:
    with journal.lock(places, _TRIES) as mine:
        if not mine:
            raise InstallationError(str(places.home), "an installation is at work there -> wait until it ends, and run this again")
        for name in (units.SERVICE, units.TIMER):
            if (places.units / name).exists():
                yield f"{REMOVED:<22}{places.units / name}"
        units.end_judging(places)
        for program in PROGRAMS:
            link = places.links / program
            # One that leads elsewhere is not of an installer.
            if link.is_symlink() and link.readlink().is_relative_to("/opt/airgrid/current"):
                link.unlink()
                yield f"{REMOVED:<22}{link}"
        # Last, since this may be one of the programs.
        shutil.rmtree(places.home)
        yield f"{REMOVED:<22}{places.home}"
