"""Where versions of the programs stand on a machine."""

from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("airgrid-gateway", "airgrid-fleet", "airgrid-node")
# What can be installed: the name of its program.
PARTS = {"gateway": "airgrid-gateway", "fleet": "airgrid-fleet", "node": "airgrid-node"}
SERVICES = ("gateway", "fleet")


@dataclass(frozen=True)
class Places:
    """`root`: / but for tests."""

    root: Path = Path("/")

    @property
    def home(self) -> Path:
        return self.root / "opt" / "airgrid"

    @property
    def releases(self) -> Path:
        """A virtual environment for every version."""
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """A link to the one in use; units and links name programs by it."""
        return self.home / "current"

    @property
    def lock(self) -> Path:
        return self.home / "lock"

    @property
    def tool_wanted(self) -> Path:
        """There since people have installed the technician's tool, which has no unit that would show it."""
        return self.home / "node-wanted"

    @property
    def trial(self) -> Path:
        """There while a version is on trial: it outlives a power cut."""
        return self.home / "trial.json"

    @property
    def outcome(self) -> Path:
        """Of the newest trial."""
        return self.home / "outcome.json"

    @property
    def links(self) -> Path:
        return self.root / "usr" / "local" / "bin"

    @property
    def units(self) -> Path:
        return self.root / "etc" / "systemd" / "system"

    @property
    def has_systemd(self) -> bool:
        """sd_booted(3)."""
        return (self.root / "run" / "systemd" / "system").is_dir()

    def release(self, name: str) -> Path:
        return self.releases / name

    def state(self, part: str) -> Path:
        return self.root / "var" / "lib" / PARTS[part]
