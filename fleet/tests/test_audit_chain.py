"""The record of changes is a chain: whatever is changed, taken out or put in afterwards is found, at the first link that it touches."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, insert, select, update

from fleet import state_folder
from fleet.errors import ConflictError
from fleet.people.audit import Act, record_change, verify_chain
from fleet.people.audit_chain import FIRST, Break, Entry, Head, Kept, Personal, verify
from fleet.people.tables import change
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.district import START_MS, District
from fleet.tests.live import fleet_command
from fleet.tests.migrations import migrate_to, without_tables

COUNT = 5


def chain_of(count: int = COUNT) -> list[Kept]:
    kept, digest = [], FIRST
    for link in range(1, count + 1):
        personal = Personal(f"salt {link}", "ada", "192.0.2.1", f"reason {link}")
        entry = Entry(link, START_MS + link, "token", "site_changed", "s-1", None, f'{{"name": "{link}"}}', personal.digest())
        digest = entry.digest(digest)
        kept.append(Kept(entry, digest, personal))
    return kept


def broken_at(found: Head | Break) -> int | None:
    return found.link if isinstance(found, Break) else None


def test_a_chain_that_is_whole_has_its_newest_link_as_head() -> None:
    chain = chain_of()
    assert verify(chain) == Head(COUNT, chain[-1].digest)
    assert verify([]) == Head(0, FIRST)


def test_digests_are_what_they_have_been_since_the_first_chain() -> None:
    # Whoever noted a head can prove it with any version.
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
    personal = chain[2].personal
    assert personal
    chain[2] = replace(chain[2], personal=replace(personal, **{name: "another"}))
    assert broken_at(verify(chain)) == 3


@given(st.sets(st.integers(0, COUNT - 1)))
def test_what_was_erased_of_persons_breaks_nothing(erased: set[int]) -> None:
    chain = [replace(kept, personal=None) if index in erased else kept for index, kept in enumerate(chain_of())]
    assert verify(chain) == verify(chain_of())


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


@pytest.fixture
def engine(state: Path, db: str | None) -> Engine:
    state_folder.prepare(state)
    made = new_engine(db or sqlite_url(state / "fleet.sqlite"))
    migrate(made)
    return made


def act(engine: Engine, *subjects: str) -> None:
    with for_writing(engine).begin() as connection:
        for subject in subjects:
            record_change(connection, Act("ada", START_MS, "why", address="192.0.2.1"), "site_added", subject, None, {"name": subject})


def verified(engine: Engine, known: Head | None = None) -> Head | Break:
    with engine.connect() as connection:
        return verify_chain(connection, known)


def links(engine: Engine) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        return [(row.link, row.subject) for row in connection.execute(select(change).order_by(change.c.link))]


def test_changes_of_one_transaction_and_of_many_are_one_chain(engine: Engine) -> None:
    act(engine, "s-1", "s-2")
    act(engine)
    act(engine, "s-3")
    assert links(engine) == [(1, "s-1"), (2, "s-2"), (3, "s-3")]
    head = verified(engine)
    assert isinstance(head, Head) and head.link == 3
    act(engine, "s-4")
    assert broken_at(verified(engine, head)) is None


def test_what_is_undone_leaves_no_gap(engine: Engine) -> None:
    with for_writing(engine).begin() as connection:
        record_change(connection, Act("ada", START_MS), "site_added", "s-1", None, None)
        with pytest.raises(ConflictError), connection.begin_nested():
            record_change(connection, Act("ada", START_MS), "site_added", "s-2", None, None)
            raise ConflictError("site", "s-2")
        record_change(connection, Act("ada", START_MS), "site_added", "s-3", None, None)
    assert links(engine) == [(1, "s-1"), (2, "s-3")]
    assert broken_at(verified(engine)) is None


_PUT_IN = {"at_ms": 1, "who": "eve", "what": "site_added", "subject": "s", "reason": "", "actor": "token", "personal_sha256": ""}
TAMPERED: dict[str, tuple[Callable[[], Any], int]] = {
    "a name": (lambda: update(change).where(change.c.link == 2).values(who="eve"), 2),
    "a reason": (lambda: update(change).where(change.c.link == 2).values(reason="another"), 2),
    "an address": (lambda: update(change).where(change.c.link == 2).values(address="192.0.2.9"), 2),
    "a moment": (lambda: update(change).where(change.c.link == 2).values(at_ms=1), 2),
    "what was before": (lambda: update(change).where(change.c.link == 2).values(before="{}"), 2),
    "what was after": (lambda: update(change).where(change.c.link == 2).values(after=None), 2),
    "one taken out": (lambda: delete(change).where(change.c.link == 2), 2),
    "one without a link": (lambda: update(change).where(change.c.link == 4).values(link=None), 4),
    "one put in": (lambda: insert(change).values(**_PUT_IN), 5),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED.values(), ids=TAMPERED.keys())
def test_whatever_is_done_to_the_table_is_found(engine: Engine, case: tuple[Callable[[], Any], int]) -> None:
    statement, link = case
    act(engine, "s-1", "s-2", "s-3", "s-4")
    head = verified(engine)
    assert isinstance(head, Head)
    with engine.begin() as connection:
        connection.execute(statement())
    assert broken_at(verified(engine, head)) == link


def test_many_that_change_at_once_are_one_chain(engine: Engine) -> None:
    def change_much(name: str) -> None:
        for number in range(20):
            act(engine, f"{name}-{number}", f"{name}-{number}-b")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change_much, ("a", "b", "c", "d")))
    assert [link for link, _ in links(engine)] == list(range(1, 161))
    assert broken_at(verified(engine)) is None


async def test_every_act_of_the_api_is_a_link(district: District) -> None:
    await district.add_node("n-2")
    await district.admin("PATCH", "sites/s-1", {"name": "Gate", "reason": "its name"})
    reader: Callable[[Connection], Head | Break] = verify_chain
    found = district.service.read(reader)
    assert isinstance(found, Head)
    assert found.link == len((await district.read("changes", limit=1000))["items"]) > 5


def test_changes_from_before_the_chain_become_its_first_links(state: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(state / "fleet.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0014")
    columns = "at_ms, who, what, subject, reason, actor, after"
    with engine.begin() as connection:
        for number in (1, 2, 3):
            connection.exec_driver_sql(
                f"INSERT INTO change ({columns}) VALUES ({number}, 'ada', 'site_added', 's-{number}', 'ö', 'token', '{{}}')"
            )
    migrate(engine)
    act(engine, "s-4")
    assert links(engine) == [(number, f"s-{number}") for number in (1, 2, 3, 4)]
    assert broken_at(verified(engine)) is None


def verify_by_command(state: Path, db: str | None, *more: str) -> subprocess.CompletedProcess[str]:
    command = fleet_command("audit", "verify", "--state", str(state), *(["--db", db] if db else []), *more)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.hil
def test_the_command_says_that_the_chain_is_whole_or_where_it_is_broken(state: Path, db: str | None, engine: Engine) -> None:
    act(engine, "s-1", "s-2", "s-3")
    done = verify_by_command(state, db)
    assert done.returncode == 0 and done.stdout.startswith("3 changes, each as it was written\nhead 3:"), done.stderr
    noted = done.stdout.split()[-1]
    with engine.begin() as connection:
        connection.execute(delete(change).where(change.c.link == 3))
    assert verify_by_command(state, db).stdout.startswith("2 changes")
    cut = verify_by_command(state, db, "--head", noted)
    assert cut.returncode == 1 and "broken at link 3: it is not there, though link 3 was noted" in cut.stderr
    assert verify_by_command(state, db, "--head", "3").returncode == 2
