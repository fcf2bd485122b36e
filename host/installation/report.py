"""What a terminal shows of an installation, line by line."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from host.installation.run import Machine, Outcome, described, foresee, left_over, run_steps, step_name
from host.installation.steps import Step

_OUTCOME_WIDTH = 26


def print_lines(lines: Iterable[str]) -> int:
    """How many there were."""
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007 - the last number is what is asked for
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return count


def rights_faults(machine: Machine) -> list[str]:
    """Why this user cannot install on this machine."""
    if machine.is_this and os.geteuid() != 0:
        return ["users, units and owners are set by root -> run it with sudo"]
    return []


def dry_run_lines(steps: Sequence[Step], machine: Machine) -> Iterator[str]:
    """Changes nothing. Raises InstallationError where a real run would, as far as that is seen before."""
    yield "What would be done, in this order; nothing is changed now."
    for step in steps:
        yield described(step, foresee(step, machine))


def run_lines(steps: Sequence[Step], machine: Machine) -> Iterator[str]:
    """A line for every step as soon as it is done, and what is left to do. Raises InstallationError."""
    skipped = False
    for step, outcome in run_steps(list(steps), machine):
        skipped = skipped or outcome is Outcome.NO_SYSTEMD
        yield f"{outcome.done:<{_OUTCOME_WIDTH}}{step_name(step)}: {step.why}"
    if skipped:
        yield "\nNo systemd runs here, so nothing was started; the units are in place for the next start of this machine."
    if not machine.is_this:
        yield from _image_lines(steps, machine)


def _image_lines(steps: Sequence[Step], machine: Machine) -> Iterator[str]:
    yield f"\nNobody owns yet what is below {machine.root}. On the machine that starts from it run this command again;"
    yield "or, where owners are set already, as root, in this order:"
    yield from (f"  {command}" for command in left_over(list(steps)))
