"""The words of a page in the language of its visitor: messages of the pages, and the names of keys. Asks no clock. Pure."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from contract.site import display_names as names
from fleet.pages import words

Translate = Callable[[str], str]


class Wording(NamedTuple):
    """code: of the language in contract/site/display_names.py; translate: into it, a message of these pages."""

    code: str
    translate: Translate

    def quantity(self, key: str) -> str:
        return names.name(names.QUANTITIES, key, self.code)

    def quality(self, key: str) -> str:
        return names.name(names.QUALITIES, key, self.code)

    def of(self, texts: Mapping[str, str] | None) -> str:
        """Of a text in every language; "" of none."""
        return "" if texts is None else texts[self.code]

    def span(self, seconds: float) -> str:
        """A length of time in its largest whole unit."""
        length_s, text = next((length_s, text) for below_s, length_s, text in words.SPANS if seconds < below_s)
        return self.translate(text) % (seconds // length_s)

    def ago(self, seconds: float) -> str:
        translate = self.translate
        return translate("%s ago") % self.span(seconds)
