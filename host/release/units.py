"""The units that judge a trial: while it lasts, a timer runs one round after the other, also after a power cut."""

import subprocess
from pathlib import Path

from host.atomic_file import replace_file
from host.release.places import PARTS, Places
from host.release.trial import ROUND_S

SERVICE, TIMER = "airgrid-trial.service", "airgrid-trial.timer"

_SERVICE = """\
# Judges a new version of airgrid. Written by the `install` of a bundle; it goes when the trial is over.
[Unit]
Description=airgrid: one round of judging a new version
ConditionPathExists={trial}
# After a power cut in the middle of a change, programs start when the change is whole.
Before={services}

[Service]
Type=oneshot
# By the machine's own Python: it judges a version without running on it.
ExecStart=/usr/bin/python3 -I -B {installer} judge
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
"""
_TIMER = """\
[Unit]
Description=airgrid: when a new version is judged

[Timer]
OnActiveSec={round_s}
OnUnitInactiveSec={round_s}
AccuracySec=1

[Install]
WantedBy=timers.target
"""


def write_units(installer: Path, places: Places) -> None:
    services = " ".join(f"{PARTS[part]}.service" for part in ("gateway", "fleet"))
    places.units.mkdir(parents=True, exist_ok=True)
    text = _SERVICE.format(trial=places.trial, services=services, installer=installer)
    replace_file(places.units / SERVICE, text.encode())
    replace_file(places.units / TIMER, _TIMER.format(round_s=ROUND_S).encode())


def begin_judging() -> None:
    systemctl("daemon-reload")
    systemctl("enable", "--quiet", SERVICE, TIMER)
    # Already now: while the installer lives it holds the lock, and when it is killed the next round takes back what it left.
    # Started anew: one that an earlier kill has left without a trial does not come round again.
    systemctl("restart", TIMER)


def end_judging(places: Places) -> None:
    if places.has_systemd:
        # The timer only: the service is what runs this.
        systemctl("disable", "--quiet", SERVICE, TIMER)
        systemctl("--no-block", "stop", TIMER)
    for name in (SERVICE, TIMER):
        (places.units / name).unlink(missing_ok=True)
    if places.has_systemd:
        systemctl("daemon-reload")


def systemctl(*words: str) -> None:
    """Failures are left to what the services show of themselves."""
    subprocess.run(["systemctl", *words], stdin=subprocess.DEVNULL, capture_output=True, check=False)
