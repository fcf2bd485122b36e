"""What is missing on this machine and in this checkout, as a list of steps; prints it, then takes them."""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tools.setup import machine, micropython
from tools.setup.environment import Environment
from tools.setup.running import say

CHECKOUT = Path(__file__).resolve().parent.parent.parent


class Step(NamedTuple):
    what: str
    why: str
    take: Callable[[], None]


def set_up(level: str) -> None:
    started = time.monotonic()
    environment = Environment(CHECKOUT)
    steps = [*program_steps(level, environment), *environment_steps(level, environment)]
    if not steps:
        return
    say("Setting up this checkout; to be installed:")
    for step in steps:
        say(f"  {step.what}: {step.why}")
    for number, step in enumerate(steps, 1):
        take(step, number, len(steps))
    say(f"set-up is done, after {time.monotonic() - started:.0f} s")


def take(step: Step, number: int, of: int) -> None:
    """With a line that grows while it takes long, and ends with the seconds it took."""
    began = time.monotonic()
    say(f"[{number}/{of}] {step.what} ", end="")
    step.take()
    say(f" {time.monotonic() - began:.0f} s")


def program_steps(level: str, environment: Environment) -> list[Step]:
    """What pip cannot bring, as far as it is missing."""
    unpacked = CHECKOUT / "build" / "micropython"
    newer = micropython.newer_suite()
    needs = [machine.MOSQUITTO, *(machine.FOR_TESTS if level == "dev" else ())]
    if not environment.created():
        needs.insert(0, machine.venv_need(f"{sys.version_info.major}.{sys.version_info.minor}"))
    has_micropython = micropython.usable(shutil.which("micropython")) or micropython.usable(str(unpacked / "micropython"))
    if not has_micropython and newer is None:
        needs.append(machine.MICROPYTHON)
    missing = [need for need in needs if not need.present()]
    steps = []
    if missing:
        whys = "; ".join(f"{need.package} ({need.why})" for need in missing)
        steps.append(Step("by apt, for the whole machine", whys, lambda: machine.provide(missing)))
    if not has_micropython and newer is not None:
        why = f"{machine.MICROPYTHON.why}; unpacked from {newer.suite}, as this release has none that will do"
        steps.append(Step("build/micropython", why, lambda: micropython.unpack(newer, unpacked)))
    return steps


def environment_steps(level: str, environment: Environment) -> list[Step]:
    if environment.ready(level):
        return []

    def scripts() -> None:
        environment.copy_page_scripts(level)
        environment.stamp(level)

    packages = f"the Python packages of requirements/{level}.lock, by hash, and the project itself"
    return [
        Step(".venv", packages, lambda: environment.install(level)),
        Step("fleet/pages/static/vendor", "the scripts of the pages, of package-lock.json", scripts),
    ]
