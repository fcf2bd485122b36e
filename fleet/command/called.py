"""How a command was called: what it advises keeps the options by which it found its service."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from fleet.option_words import PREFIX
from fleet.store.shown_url import has_password

_ALL = ("--state", "--db", "--config")
# Command that an advice may name -> which of the options it takes.
_TAKES = {
    **dict.fromkeys(("init", "run", "doctor", "status", "backup", "release-documents"), _ALL),
    **dict.fromkeys(("token create", "token revoke", "token list", "audit verify"), _ALL),
    "restore": ("--state", "--config"),
}
# With its arguments in capital letters and its switches, as an advice has them.
_COMMAND = re.compile(rf"airgrid-fleet ({'|'.join(_TAKES)})(?![\w-])((?: (?:[A-Z][A-Z0-9-]+\b|--[a-z][a-z-]+))*)")


@dataclass(frozen=True)
class Called:
    """given: option -> its value, as it was given; without those that were not."""

    given: dict[str, str]

    def completed(self, text: str) -> str:
        """Each command of airgrid-fleet in it can be pasted where this one was typed. A URL with a password is not repeated, as hints stand
        in logs: a variable with an ellipsis stands for it, before the command."""
        return _COMMAND.sub(self._complete, text)

    def _complete(self, found: re.Match[str]) -> str:
        command, present = found[1], found[2].split()
        if any(option in present for option in _ALL):
            return found[0]
        taken = {name: self.given[name] for name in _TAKES[command] if name in self.given}
        secret = "--db" in taken and has_password(taken["--db"])
        if secret:
            del taken["--db"]
        before = f"{PREFIX}DB=… " if secret else ""
        return before + found[0] + "".join(f" {name} {shlex.quote(value)}" for name, value in taken.items())


def called_with(state: object = None, db: object = None, config: object = None) -> Called:
    """By the options as a command has them; None: not given."""
    values = zip(_ALL, (state, db, config), strict=True)
    return Called({name: str(value) for name, value in values if value is not None})


def called(words: Sequence[str]) -> Called:
    """By the words of a command line."""
    given = {}
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in _ALL and (equals or place + 1 < len(words)):
            given[name] = value if equals else words[place + 1]
    return Called(given)
