"""The chain of the record of changes: every entry carries a digest over itself and over the digest of the one before. Pure.

    digest   = SHA-256 of the JSON list [digest before, link, at_ms, actor, what, subject, before, after, personal]
    personal = SHA-256 of the JSON list [salt, who, address, reason]

JSON is written without blanks, in ASCII. Before the first entry the digest is 64 zeros. What may have to be erased, because it says
something of a person, is in the chain by its salted digest only: once it and the salt are gone, the chain still holds, and what was there
cannot be guessed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Personal:
    """salt: some random text of its own; None: erased. address: from where, empty where that is not known."""

    salt: str | None
    who: str
    address: str
    reason: str

    def digest(self) -> str:
        return _digest([self.salt, self.who, self.address, self.reason])


# The one form of what was erased: without a salt nothing can be proved, so nothing may be said.
ERASED = Personal(None, "", "", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """link: its number in the chain, from 1 on, without a gap. before, after: JSON, as it is kept."""

    link: int
    at_ms: int
    actor: str
    what: str
    subject: str
    before: str | None
    after: str | None
    personal_sha256: str

    def digest(self, previous: str) -> str:
        of_change = [self.at_ms, self.actor, self.what, self.subject, self.before, self.after, self.personal_sha256]
        return _digest([previous, self.link, *of_change])


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry with the digest that was kept of it."""

    entry: Entry
    digest: str
    personal: Personal


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link, and its digest; of an empty chain 0 and FIRST."""

    link: int
    digest: str

    def __str__(self) -> str:
        return f"{self.link}:{self.digest}"


@dataclass(frozen=True, slots=True)
class Whole:
    """Every entry is as it was written. erased: in how many of them who, from where and why were erased."""

    head: Head
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """The first link that is not what it was, and how that shows."""

    link: int
    why: str


def verify(chain: Iterable[Kept], known: Head | None = None, since: Head = Head(0, FIRST)) -> Whole | Break:
    """chain: in the order of its links, those behind `since`. known: a head that was noted earlier, by which a chain that was cut or
    written anew is found."""
    head, erased = since, 0
    for kept in chain:
        why = _fault(kept, head)
        if why:
            return Break(head.link + 1, why)
        head, erased = Head(kept.entry.link, kept.digest), erased + (kept.personal == ERASED)
        if known and known.link == head.link and known.digest != head.digest:
            return Break(head.link, "it is not the one that was noted: the chain was written anew")
    if known and known.link > head.link:
        return Break(head.link + 1, f"it is not there, though link {known.link} was noted: the end of the chain was cut off")
    return Whole(head, erased)


def _fault(kept: Kept, head: Head) -> str:
    if not kept.entry.link:
        return "what stands there was put in by another program: it has no link"
    if kept.entry.link != head.link + 1:
        return f"it is not there; link {kept.entry.link} comes next"
    if kept.entry.digest(head.digest) != kept.digest:
        return "its digest is not that of what it says: this entry was changed, or the one before it"
    if kept.personal == ERASED:
        return ""
    if kept.personal.salt is None:
        return "its salt was taken away, but not who, from where and why: it is not erased, and cannot be proved"
    if kept.personal.digest() != kept.entry.personal_sha256:
        return "who, from where or why is not what it was"
    return ""


def _digest(parts: list[object]) -> str:
    # SQLite keeps bytes in any column; those of another program are no text that was ever in a digest.
    return hashlib.sha256(json.dumps(parts, separators=(",", ":"), default=repr).encode()).hexdigest()
