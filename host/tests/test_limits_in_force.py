"""Limits as the kernel has them, on made-up control groups."""

from pathlib import Path

import pytest

from host.limits_in_force import limits_in_force

GROUPS = {"system.slice": ("max", "900"), "system.slice/airgrid-gateway.service": ("536870912", "64")}


def machine(folder: Path, line: str) -> tuple[Path, Path]:
    for name, (memory, tasks) in GROUPS.items():
        (folder / "groups" / name).mkdir(parents=True, exist_ok=True)
        (folder / "groups" / name / "memory.max").write_text(memory + "\n")
        (folder / "groups" / name / "pids.max").write_text(tasks + "\n")
    (folder / "cgroup").write_text(line)
    return folder / "cgroup", folder / "groups"


@pytest.mark.parametrize(
    ("line", "unit", "memory", "tasks"),
    [
        ("0::/system.slice/airgrid-gateway.service\n", "airgrid-gateway.service", 536_870_912, 64),
        ("0::/system.slice/another.service\n", "another.service", None, 900),
        ("0::/user.slice/session-1.scope\n", "", None, None),
        ("0::/\n", "", None, None),
        ("4:memory:/x\n1:name=systemd:/x\n", "", None, None),
        ("", "", None, None),
    ],
)
def test_the_least_limit_of_all_groups_around_is_in_force(
    tmp_path: Path, line: str, unit: str, memory: int | None, tasks: int | None
) -> None:
    found = limits_in_force(*machine(tmp_path, line))
    assert (found.unit, found.memory_bytes, found.tasks) == (unit, memory, tasks)
    assert found.descriptors is None or found.descriptors > 0


def test_a_machine_that_shows_nothing_has_no_limits(tmp_path: Path) -> None:
    found = limits_in_force(tmp_path / "absent", tmp_path)
    assert (found.unit, found.memory_bytes, found.tasks) == ("", None, None)


def test_of_this_process_it_is_found_without_a_fault() -> None:
    assert limits_in_force().descriptors
