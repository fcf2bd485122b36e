"""The units that judge a trial: while it lasts, a timer runs one round after the other, also after a power cut."""

import subprocess
from pathlib import Path

from host.atomic_file import replace_file
from host.release.places import PARTS, Places
from host.release.trial import ROUND_S

_SERVICE = """\
# Judges a new version of {program}. Written by the `install` of a bundle; it goes when the trial is over.
[Unit]
Description=airgrid: one round of judging a new version of {program}
ConditionPathExists={trial}
# After a power cut in the middle of a change, the program starts when the change is whole.
Before={program}.service

[Service]
Type=oneshot
# By the machine's own Python: it judges a version without running on it.
ExecStart=/usr/bin/python3 -I -B {installer} judge {part}
TimeoutStartSec=600

[Install]
WantedBy=multi-user.target
"""
_TIMER = """\
[Unit]
Description=airgrid: when a new version of {program} is judged

[Timer]
OnActiveSec={round_s}
OnUnitInactiveSec={round_s}
AccuracySec=1

[Install]
WantedBy=timers.target
"""


def names(part: str) -> tuple[str, str]:
    """(service, timer)."""
    return f"{PARTS[part]}-trial.service", f"{PARTS[part]}-trial.timer"


def begin_judging(part: str, installer: Path, places: Places) -> None:
    """Before there is a trial: from its first moment on, there is somebody who takes back what a killed installer leaves."""
    service, timer = names(part)
    places.units.mkdir(parents=True, exist_ok=True)
    words = {"part": part, "program": PARTS[part], "trial": places.trial(part), "installer": installer, "round_s": ROUND_S}
    replace_file(places.units / service, _SERVICE.format(**words).encode())
    replace_file(places.units / timer, _TIMER.format(**words).encode())
    systemctl("daemon-reload")
    systemctl("enable", "--quiet", service, timer)
    # Started anew: one that an earlier kill has left without a trial does not come round again.
    systemctl("restart", timer)


def end_judging(part: str, places: Places) -> None:
    service, timer = names(part)
    if places.has_systemd:
        # The timer only: the service is what runs this.
        systemctl("disable", "--quiet", service, timer)
        systemctl("--no-block", "stop", timer)
    for name in (service, timer):
        (places.units / name).unlink(missing_ok=True)
    if places.has_systemd:
        systemctl("daemon-reload")


def stop(part: str) -> None:
    systemctl("stop", PARTS[part])


def start(part: str) -> None:
    # Not waited for: at boot it starts after the unit that may be doing this.
    systemctl("reset-failed", PARTS[part])
    systemctl("--no-block", "start", PARTS[part])


def systemctl(*words: str) -> None:
    """Failures are left to what the services show of themselves."""
    subprocess.run(["systemctl", *words], stdin=subprocess.DEVNULL, capture_output=True, check=False)
