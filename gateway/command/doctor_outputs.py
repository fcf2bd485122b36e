"""What `airgrid-gateway doctor` finds of what an alarm acts on: outputs and hooks. What is wrong with one would else be seen at the alarm.

Switches nothing and runs nothing.
"""

import os
import pwd
import stat
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from gateway.outputs.configured import gpio_number
from host.findings import Finding

_DEVICES = Path("/dev")
_PIN_LIBRARIES = ("lgpio", "RPi", "pigpio")  # of which gpiozero takes the first


def has_pin_library() -> bool:
    return any(find_spec(name) is not None for name in _PIN_LIBRARIES)


def output_findings(
    outputs: Mapping[str, str], devices: Path = _DEVICES, pin_library: Callable[[], bool] = has_pin_library
) -> list[Finding]:
    found = []
    for name, words in outputs.items():
        trouble = _file_trouble(words.removeprefix("file:")) if gpio_number(words) is None else _gpio_trouble(devices, pin_library)
        found.append(Finding(f"output {name}", f"{words}: {trouble[0]}", trouble[1]) if trouble else Finding(f"output {name}", words))
    return found


def hook_findings(hooks: Mapping[str, str], user: int) -> list[Finding]:
    """`user`: the id of the one that the gateway runs as. Who may change a hook may run what he likes as that user."""
    found = []
    for name, program in hooks.items():
        trouble = _hook_trouble(program, user)
        found.append(Finding(f"hook {name}", f"{program}: {trouble[0]}", trouble[1]) if trouble else Finding(f"hook {name}", program))
    return found


# Each: what is wrong, and what to do; None: nothing.
_Trouble = tuple[str, str] | None


def _gpio_trouble(devices: Path, pin_library: Callable[[], bool]) -> _Trouble:
    chips = sorted(devices.glob("gpiochip*"))
    if not chips:
        return "this machine has no pins", f"take a board that has {devices}/gpiochip0, or write to a file: file:/run/airgrid/NAME"
    if not any(os.access(chip, os.R_OK | os.W_OK) for chip in chips):
        return f"{chips[0]} may not be opened", f"run as the gateway's user, in the group of {chips[0]}: usermod -aG gpio USER"
    if not pin_library():
        return "no library for pins", (
            "take it from Raspberry Pi OS: apt-get install python3-lgpio; then run `sudo ./install gateway` of the "
            "airgrid bundle again, which takes it in"
        )
    return None


def _file_trouble(path: str) -> _Trouble:
    folder = os.path.dirname(path)  # noqa: PTH120 as below
    if not os.path.isdir(folder):  # noqa: PTH112 unlike Path.is_dir: also below a folder that may not be looked into
        return "its folder is not there", f"make {folder} for the gateway's user, or correct [outputs]"
    if os.path.isdir(path):  # noqa: PTH112
        return "is a folder", "name a file in [outputs]"
    place = path if os.path.exists(path) else folder  # noqa: PTH110
    if not os.access(place, os.W_OK):
        return f"{place} may not be written", f"run as the gateway's user, or give it to that user: chown USER {place}"
    return None


def _hook_trouble(program: str, user: int) -> _Trouble:
    if not os.path.isfile(program):  # noqa: PTH113 as above
        return "no such program", "install it, or correct [hooks]"
    if not os.access(program, os.X_OK):
        return "may not be run", f"chmod a+x {program}"
    about = Path(program).stat()
    if about.st_uid not in (0, user):
        return f"belongs to {_name(about.st_uid)}, who may change what the gateway runs", f"chown root {program}"
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may change it (mode {about.st_mode & 0o777:04o})", f"chmod go-w {program}"
    return None


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
