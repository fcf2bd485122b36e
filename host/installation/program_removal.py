"""Takes back what the installer of a bundle has placed for one part of airgrid: its program, the link to it, the units of its trials.
Programs that another part runs on stay. May be cut and run again: what is gone already is no fault."""

import shutil
from collections.abc import Iterator

from host.errors import InstallationError
from host.installation.removal import REMOVED, SHARED
from host.release import environment, journal, units
from host.release.places import PARTS, Places

_TRIES = 20


def refuse_on_trial(part: str, what: str, places: Places) -> None:
    """Raises InstallationError: a verdict would put back what `what` takes away."""
    if places.trial(part).exists():
        raise InstallationError(what, "a new version is on trial -> wait for its verdict, at most 15 minutes, and run this again")


def program_lines(part: str, places: Places) -> Iterator[str]:
    """A line for each thing that is removed, or stays and for whom; for after the part's own. Raises InstallationError."""
    if not places.home.exists():
        return
    try:
        with journal.lock(places.lock, _TRIES) as releases, journal.lock(places.lock_of(part), _TRIES if releases else 1) as mine:
            if not releases or not mine:
                raise InstallationError(str(places.home), "an installation is at work there -> wait until it ends, and run this again")
            yield from _removed(part, places)
    except OSError as error:
        raise InstallationError("uninstall", f"{error} -> rm -r {places.home}, as root") from error


def _removed(part: str, places: Places) -> Iterator[str]:
    if any((places.units / name).exists() for name in units.names(part)):
        yield f"{REMOVED:<22}{', '.join(units.names(part))}"
    units.end_judging(part, places)
    link = places.links / PARTS[part]
    # One that leads elsewhere is not of an installer.
    if link.is_symlink() and link.readlink().is_relative_to("/opt/airgrid"):
        link.unlink()
        yield f"{REMOVED:<22}{link}"
    for path in (places.in_use(part), places.outcome(part)):
        path.unlink(missing_ok=True)
    # Last, since this may be one of the programs.
    if users := environment.parts_in_use(places):
        environment.remove_unused(places)
        yield f"{SHARED:<22}{places.home}: {', '.join(PARTS[user] for user in users)}"
    else:
        shutil.rmtree(places.home)
        yield f"{REMOVED:<22}{places.home}"
