"""What load nodes sent and what was acknowledged to them, in a file of its own: a second opinion on the record that survives the bench.

Knows neither gateway nor fleet. A bench that was killed has sent at most `reserved` and had at least `acknowledged` acknowledged.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

RESERVE = 1000


@dataclass
class BootCount:
    """Items of one boot of one node, numbered from 0. `reserved`: none above was sent. `acknowledged`: all below were."""

    node: str
    boot: str
    reserved: int = 0
    acknowledged: int = 0


@dataclass
class SentCount:
    """`kills` by program. `running_s`: with load, over all runs."""

    file: Path
    token: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    boots: list[BootCount] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    running_s: float = 0.0
    runs: int = 0

    @classmethod
    def load(cls, file: Path) -> "SentCount":
        if not file.exists():
            return cls(file)
        kept = json.loads(file.read_text())
        return cls(file, **{**kept, "boots": [BootCount(**boot) for boot in kept["boots"]]})

    def save(self) -> None:
        kept = {name: value for name, value in asdict(self).items() if name != "file"}
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(kept))
        new.replace(self.file)

    def reserve(self, boot: BootCount, seq: int) -> None:
        """To be called before `seq` is sent."""
        if seq >= boot.reserved:
            boot.reserved = seq + RESERVE
            self.save()

    @property
    def acknowledged(self) -> int:
        return sum(boot.acknowledged for boot in self.boots)

    @property
    def killed(self) -> int:
        return sum(self.kills.values())
