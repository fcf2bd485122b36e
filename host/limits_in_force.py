"""The limits of this process that are really in force: by the kernel, not by what a unit says (getrlimit(2), cgroups(7), version 2)."""

import resource
from dataclasses import dataclass
from pathlib import Path

_PROCESS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class LimitsInForce:
    """`unit`: the unit of systemd that this process belongs to; empty: none is seen. None: no limit, or none that is seen."""

    unit: str
    descriptors: int | None
    memory_bytes: int | None
    tasks: int | None


def limits_in_force(process: Path = _PROCESS, groups: Path = _GROUPS) -> LimitsInForce:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    path = _group(process)
    folders = [groups / path, *(groups / path).parents][: path.count("/") + 1] if path else []
    name = path.rpartition("/")[2]
    return LimitsInForce(
        unit=name if name.endswith(".service") else "",
        descriptors=None if soft == resource.RLIM_INFINITY else soft,
        memory_bytes=_least(folders, "memory.max"),
        tasks=_least(folders, "pids.max"),
    )


def _group(process: Path) -> str:
    """Without the leading slash: "system.slice/airgrid-gateway.service"."""
    try:
        lines = process.read_text().splitlines()
    except OSError:
        return ""
    return next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")


def _least(folders: list[Path], name: str) -> int | None:
    """A group is bound by those around it, too."""
    found = []
    for folder in folders:
        try:
            text = (folder / name).read_text().strip()
        except OSError:
            continue
        if text.isdecimal():
            found.append(int(text))
    return min(found, default=None)
