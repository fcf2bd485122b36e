"""Asks a release, by its own `status`, for the signs that a trial is judged by (trial.py): it knows its configuration and its database."""

import json
import subprocess
from contextlib import suppress

from host.errors import ReleaseError
from host.release import shown
from host.release.places import PARTS, USERS, Places
from host.release.shown import Shown
from host.release.trial import Signs

_LIMIT_S = 60
# Of the installer and not of the service: what stands there would count before the configuration of the service.
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
_STOPPED = "inactive"


def ask(part: str, release: str, places: Places) -> Shown:
    """Of a service that runs or not. Raises ReleaseError: the release cannot say how it is."""
    done = run_as_service(part, [str(places.program(part, release)), "status", "--json"])
    try:
        return shown.from_document(json.loads(done.stdout)[shown.KEY])
    except (ValueError, LookupError, TypeError) as error:
        said = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        raise ReleaseError(f"{release}: {PARTS[part]} status", said[0]) from error


def read_signs(part: str, releases: tuple[str, ...], places: Places) -> Signs:
    """By the first of the releases that can count receipts, else by the first that can say anything; none: no signs but its restarts."""
    answers = []
    for release in releases:
        with suppress(ReleaseError, OSError, subprocess.SubprocessError):
            answers.append(ask(part, release, places))
            if answers[-1].receipts is not None:
                break
    found = next((one for one in reversed(answers) if one.receipts is not None), answers[0] if answers else None)
    if found is None:
        return Signs(restarts=restarts(part))
    return Signs(found.started_ms, restarts(part), found.reports, found.receipts)


def run_as_service(part: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    """With the rights of its user: root would be easy to trap by what lies in the folders of a service."""
    words = ["runuser", "-u", USERS[part], "--", *command]
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LIMIT_S, check=False, env=_ENVIRONMENT, cwd="/"
    )


def is_to_run(part: str) -> bool:
    """It runs, is about to, or tries to: also one that ends again and again. False: people have stopped it, or never started it."""
    asked = subprocess.run(["systemctl", "show", "-p", "ActiveState,Job", PARTS[part]], capture_output=True, text=True, check=False)
    shown_state = dict(line.split("=", 1) for line in asked.stdout.splitlines() if "=" in line)
    return shown_state.get("ActiveState", _STOPPED) != _STOPPED or shown_state.get("Job", "0") not in ("", "0")


def restarts(part: str) -> int:
    asked = subprocess.run(["systemctl", "show", "-p", "NRestarts", "--value", PARTS[part]], capture_output=True, text=True, check=False)
    return int(asked.stdout) if asked.stdout.strip().isdigit() else 0
