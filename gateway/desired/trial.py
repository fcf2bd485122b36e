"""When a desired document on trial has proved itself, or failed (lifecycle.py). Pure: what happens under it in, a verdict out.

    every source that delivered before has delivered again, and the fleet has answered   KEPT
    the limit passes first                                                               RETURNED

A source must deliver what it did before: a usable value if it had one, else any report; an instrument that is new a usable value. One
with newer settings must do so under them, unless it says itself that it refuses them: a node tries its own settings (ADR 0008), and is
not the gateway's to judge.
"""

from dataclasses import dataclass, field

from gateway.desired.lifecycle import KEPT, RETURNED


@dataclass(frozen=True)
class Wanted:
    """A report of one source: showing this settings version at least, with a usable value or not."""

    settings_version: int
    usable: bool


@dataclass
class Trial:
    """`wanted`: by source, those that delivered before; who has delivered is taken out. Times in s of one clock."""

    version: int
    wanted: dict[str, Wanted]
    began_s: float
    limit_s: float
    applied: bool = False  # by every part of the gateway
    answered: bool = False  # by the fleet
    refused: set[str] = field(default_factory=set)  # sources that refuse their settings

    def reported(self, source: str, settings_version: int, *, usable: bool) -> None:
        """A report that was committed under the document."""
        wanted = self.wanted.get(source)
        if wanted is None or (wanted.usable and not usable):
            return
        if settings_version >= wanted.settings_version or source in self.refused:
            del self.wanted[source]

    def refuses(self, source: str, settings_version: int) -> None:
        wanted = self.wanted.get(source)
        if wanted is not None and settings_version == wanted.settings_version:
            self.refused.add(source)

    def receipt(self) -> None:
        """The fleet has committed something, or answered, since the document came into force."""
        self.answered = True

    def verdict(self, now_s: float) -> str | None:
        if self.applied and self.answered and not self.wanted:
            return KEPT
        return RETURNED if now_s >= self.next_due() else None

    def next_due(self) -> float:
        return self.began_s + self.limit_s

    def faults(self) -> list[str]:
        """What is missing."""
        found = [] if self.applied else ["gateway: a part of it could not take its part"]
        found += [] if self.answered else [f"fleet: no answer within {self.limit_s:g} s"]
        return found + [f"{source}: {self._missing(source)}" for source in sorted(self.wanted)]

    def _missing(self, source: str) -> str:
        wanted = self.wanted[source]
        what = "no report with a usable value" if wanted.usable else "no report"
        under = "" if source in self.refused or not wanted.settings_version else f" under settings version {wanted.settings_version}"
        return f"{what}{under} within {self.limit_s:g} s"
