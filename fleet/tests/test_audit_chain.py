"""The record of changes is a chain: whatever is changed, taken out or put in afterwards is found, at the first link that it touches."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, delete, insert, inspect, select, text, update

from fleet import state_folder
from fleet.configuration.signing import KEY_FILE
from fleet.errors import ConflictError
from fleet.people.audit import ROWS_AT_ONCE, Act, record_change, verify_chain
from fleet.people.audit_chain import ERASED, Break, Head, Whole
from fleet.people.tables import change
from fleet.state_folder import DATABASE_FILE
from fleet.store.dialect import continue_numbering, for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.district import START_MS, District
from fleet.tests.live import fleet_command
from fleet.tests.migrations import migrate_to, without_tables
from fleet.tests.test_audit_digests import broken_at


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


def verified(engine: Engine, known: Head | None = None) -> Whole | Break:
    with engine.connect() as connection:
        return verify_chain(connection, known)


def head_of(engine: Engine) -> Head:
    found = verified(engine)
    assert isinstance(found, Whole)
    return found.head


def links(engine: Engine, linked: bool = False) -> list[tuple[int, str]]:
    """linked: only what has a link."""
    with engine.connect() as connection:
        rows = connection.execute(select(change).order_by(change.c.link))
        return [(row.link, row.subject) for row in rows if row.link is not None or not linked]


def test_changes_of_one_transaction_and_of_many_are_one_chain(engine: Engine) -> None:
    act(engine, "s-1", "s-2")
    act(engine)
    act(engine, "s-3")
    assert links(engine) == [(1, "s-1"), (2, "s-2"), (3, "s-3")]
    head = head_of(engine)
    assert head.link == 3
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


def test_what_a_savepoint_has_undone_leaves_its_number_to_others(engine: Engine) -> None:
    with for_writing(engine).begin() as connection, pytest.raises(ConflictError), connection.begin_nested():
        record_change(connection, Act("ada", START_MS), "site_added", "s-1", None, None)
        raise ConflictError("site", "s-1")
    with pytest.raises(ConflictError), for_writing(engine).begin() as connection:
        record_change(connection, Act("ada", START_MS), "site_added", "s-1", None, None)
        raise ConflictError("site", "s-1")
    with engine.begin() as connection:
        connection.execute(insert(change).values(**_PUT_IN))
    act(engine, "s-2")
    assert links(engine, linked=True) == [(1, "s-2")]


def test_more_changes_of_one_transaction_than_are_linked_at_once(engine: Engine) -> None:
    act(engine, *(f"s-{number}" for number in range(2 * ROWS_AT_ONCE + 1)))
    assert links(engine) == [(number + 1, f"s-{number}") for number in range(2 * ROWS_AT_ONCE + 1)]
    assert broken_at(verified(engine)) is None


@pytest.mark.parametrize("same", [False, True], ids=["other connection", "same connection"])
def test_what_another_program_puts_in_never_becomes_a_link(same: bool, engine: Engine) -> None:
    act(engine, "s-1")
    with for_writing(engine).connect() as own, for_writing(engine).connect() as others:
        stranger = own if same else others
        for subject in ("s-2", "s-3"):
            stranger.execute(insert(change).values(**_PUT_IN))
            stranger.commit()
            record_change(own, Act("ada", START_MS), "site_added", subject, None, None)
            own.commit()
    act(engine, "s-4")
    assert links(engine, linked=True) == [(1, "s-1"), (2, "s-2"), (3, "s-3"), (4, "s-4")]
    found = verified(engine)
    assert isinstance(found, Break) and found.link == 5 and "another program" in found.why


def test_erased_is_counted(engine: Engine) -> None:
    act(engine, "s-1", "s-2", "s-3")
    head = head_of(engine)
    with engine.begin() as connection:
        connection.execute(update(change).where(change.c.link != 2).values(**_NONE))
    assert verified(engine, head) == Whole(head, 2)


_PUT_IN = {"at_ms": 1, "who": "eve", "what": "site_added", "subject": "s", "reason": "", "actor": "token", "personal_sha256": ""}
_NONE = asdict(ERASED)
TAMPERED: dict[str, tuple[Callable[[], Any], int]] = {
    "a name": (lambda: update(change).where(change.c.link == 2).values(who="eve"), 2),
    "a reason": (lambda: update(change).where(change.c.link == 2).values(reason="another"), 2),
    "an address": (lambda: update(change).where(change.c.link == 2).values(address="192.0.2.9"), 2),
    "salt taken away": (lambda: update(change).where(change.c.link == 2).values(salt=None), 2),
    "salt and a name taken away": (lambda: update(change).where(change.c.link == 2).values(salt=None, who=""), 2),
    "salt and reason taken away": (lambda: update(change).where(change.c.link == 2).values(salt=None, reason=""), 2),
    "salt taken away and a name written": (lambda: update(change).where(change.c.link == 2).values({**_NONE, "who": "bob"}), 2),
    "salt taken away and an address written": (lambda: update(change).where(change.c.link == 2).values({**_NONE, "address": "::1"}), 2),
    "salt taken away and a reason written": (lambda: update(change).where(change.c.link == 2).values({**_NONE, "reason": "forged"}), 2),
    "an empty salt": (lambda: update(change).where(change.c.link == 2).values({**_NONE, "salt": ""}), 2),
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
    head = head_of(engine)
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
    reader: Callable[[Connection], Whole | Break] = verify_chain
    found = district.service.read(reader)
    assert isinstance(found, Whole)
    assert found.head.link == len((await district.read("changes", limit=1000))["items"]) > 5


def test_changes_from_before_the_chain_become_its_first_links(state: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(state / "fleet.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0014")
    past = text(
        "INSERT INTO change (id, at_ms, who, what, subject, reason, actor, after) "
        "VALUES (:id, :id, 'ada', 'site_added', :subject, 'ö', 'token', '{}')"
    )
    # More than are linked at once, and with gaps between their numbers.
    ids = [-3, 0, *range(2, 2 * ROWS_AT_ONCE + 3)]
    with engine.begin() as connection:
        connection.execute(past, [{"id": number, "subject": f"s-{number}"} for number in ids])
        continue_numbering(connection, "change", ids[-1])
    migrate(engine)
    act(engine, "s-new")
    assert links(engine) == [*((link, f"s-{number}") for link, number in enumerate(ids, 1)), (len(ids) + 1, "s-new")]
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


@pytest.mark.hil
def test_the_command_says_how_many_are_erased_and_where_it_makes_nothing(state: Path, db: str | None, engine: Engine) -> None:
    act(engine, "s-1", "s-2")
    (state / KEY_FILE).unlink()
    with engine.begin() as connection:
        connection.execute(update(change).where(change.c.link == 2).values(**_NONE))
    done = verify_by_command(state, db)
    said = "2 changes, each as it was written; who, from where and why are erased in 1 of them\nhead 2:"
    assert done.returncode == 0 and done.stdout.startswith(said), done.stderr
    assert not (state / KEY_FILE).exists()


@pytest.mark.hil
def test_the_command_changes_no_tables_of_another_form(state: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(state / DATABASE_FILE))
    without_tables(engine)
    for revision, says in (
        (None, "it has no tables yet -> make them: airgrid-fleet init"),
        ("0014", "it has an older form, 0014, than this version reads"),
    ):
        if revision:
            migrate_to(engine, revision)
        before = inspect(engine).get_table_names()
        done = verify_by_command(state, db)
        assert done.returncode == 1 and says in done.stderr
        assert form_of(engine) == revision and inspect(engine).get_table_names() == before


@pytest.mark.hil
def test_the_command_makes_no_record(state: Path) -> None:
    done = verify_by_command(state, None)
    assert done.returncode == 1 and "there is none yet -> make it: airgrid-fleet init --state" in done.stderr
    assert not list(state.iterdir())


def form_of(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
