"""What an output is: one method. A pin of the board is one, a virtual pin another."""

from typing import Protocol


class Output(Protocol):
    def set(self, is_on: bool) -> None:
        """At once, without waiting. Raises OutputError."""
