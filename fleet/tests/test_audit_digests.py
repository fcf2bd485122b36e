"""The digests of a chain of changes: whatever is not as it was written is found, at the first link that it touches."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.people.audit_chain import ERASED, FIRST, Break, Entry, Head, Kept, Personal, Whole, verify
from fleet.tests.district import START_MS

COUNT = 5


def chain_of(count: int = COUNT) -> list[Kept]:
    kept, digest = [], FIRST
    for link in range(1, count + 1):
        personal = Personal(f"salt {link}", "ada", "192.0.2.1", f"reason {link}")
        entry = Entry(link, START_MS + link, "token", "site_changed", "s-1", None, f'{{"name": "{link}"}}', personal.digest())
        digest = entry.digest(digest)
        kept.append(Kept(entry, digest, personal))
    return kept


def broken_at(found: Whole | Break) -> int | None:
    return found.link if isinstance(found, Break) else None


def test_a_chain_that_is_whole_has_its_newest_link_as_head() -> None:
    chain = chain_of()
    assert verify(chain) == Whole(Head(COUNT, chain[-1].digest))
    assert verify([]) == Whole(Head(0, FIRST))


def test_digests_are_what_they_have_been_since_the_first_chain() -> None:
    # A head that was noted can be proved with any version.
    assert chain_of(2)[-1].digest == "040fe52f2a197c91d69d2e07491e5467a8ec75de9a13367bd0db0e283ce95ab7"


OTHER: dict[str, Any] = {
    "link": 9, "at_ms": 1, "actor": "gateway", "what": "site_added", "subject": "s-2", "before": "{}", "after": "{}",
    "personal_sha256": "0" * 64,
}  # fmt: skip


@pytest.mark.parametrize("at", range(COUNT))
@pytest.mark.parametrize("name", OTHER)
def test_whatever_of_an_entry_is_changed_is_found_there(at: int, name: str) -> None:
    chain = chain_of()
    chain[at] = replace(chain[at], entry=replace(chain[at].entry, **{name: OTHER[name]}))
    assert broken_at(verify(chain)) == at + 1


@pytest.mark.parametrize("name", ["salt", "who", "address", "reason"])
def test_a_person_or_a_reason_that_is_another_is_found(name: str) -> None:
    chain = chain_of()
    chain[2] = replace(chain[2], personal=replace(chain[2].personal, **{name: "another"}))
    assert broken_at(verify(chain)) == 3


@given(st.sets(st.integers(0, COUNT - 1)))
def test_what_was_erased_of_persons_breaks_nothing(erased: set[int]) -> None:
    chain = [replace(kept, personal=ERASED) if index in erased else kept for index, kept in enumerate(chain_of())]
    assert verify(chain) == Whole(Head(COUNT, chain[-1].digest), len(erased))


@given(st.permutations(range(COUNT)), st.integers(0, COUNT))
def test_entries_in_another_order_or_number_are_found_at_the_first_that_is_wrong(order: list[int], left: int) -> None:
    chain = chain_of()
    shown = [chain[index] for index in order[:left]]
    wrong = next((link for link, kept in enumerate(shown, 1) if kept.entry.link != link), None)
    assert broken_at(verify(shown)) == wrong
    assert broken_at(verify(shown, Head(COUNT, chain[-1].digest))) == (wrong or (None if left == COUNT else left + 1))


def test_a_chain_that_was_written_anew_is_found_by_a_head_that_was_noted() -> None:
    forged, digest = [], FIRST
    for kept in chain_of():
        entry = replace(kept.entry, subject="s-2") if kept.entry.link == 2 else kept.entry
        digest = entry.digest(digest)
        forged.append(Kept(entry, digest, kept.personal))
    assert broken_at(verify(forged)) is None
    assert broken_at(verify(forged, Head(3, chain_of()[2].digest))) == 3
    assert broken_at(verify(forged, Head(1, chain_of()[0].digest))) is None


def test_a_name_without_a_salt_is_found_whatever_its_digest_is() -> None:
    (first,) = chain_of(1)
    personal = Personal(None, "bob", "", "")
    entry = replace(first.entry, personal_sha256=personal.digest())
    found = verify([Kept(entry, entry.digest(FIRST), personal)])
    assert isinstance(found, Break) and found.link == 1 and "its salt was taken away" in found.why


def test_bytes_instead_of_a_text_are_found() -> None:
    chain = chain_of()
    stranger: Any = b"ada"
    chain[2] = replace(chain[2], personal=replace(chain[2].personal, who=stranger))
    assert broken_at(verify(chain)) == 3
