"""Where versions of the programs stand on a machine."""

from dataclasses import dataclass
from pathlib import Path

# What can be installed: the name of its program.
PARTS = {"gateway": "airgrid-gateway", "fleet": "airgrid-fleet", "node": "airgrid-node"}
# Those that run by themselves, and the user of each.
USERS = {"gateway": "airgrid", "fleet": "airgrid-fleet"}


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
    def lock(self) -> Path:
        """Around releases/, which all parts share: of installers, and of what removes a release."""
        return self.home / "lock"

    def lock_of(self, part: str) -> Path:
        """Around the version of a part: of its installer and of the rounds of its trial, which the other part does not hold up."""
        return self.home / f"{part}.lock"

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

    def program(self, part: str, release: str) -> Path:
        return self.release(release) / "bin" / PARTS[part]

    def in_use(self, part: str) -> Path:
        """A link to the release that the part runs on; its unit and the link of its program name it by this."""
        return self.home / part

    def trial(self, part: str) -> Path:
        """There while a version of the part is on trial: it outlives a power cut."""
        return self.home / f"{part}-trial.json"

    def outcome(self, part: str) -> Path:
        """Of the newest trial of the part."""
        return self.home / f"{part}-outcome.json"
