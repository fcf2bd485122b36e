"""A minute of kills under load, in two runs that go on from each other; ten minutes: make test-deep. 1,000 kills: make soak ONLY=kills.

And the comparison itself: every way in which a record can be wrong is seen.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet.state_folder import DATABASE_FILE
from hil_tests.counted_record import Comparison, compare
from hil_tests.kills_soak import KillsSoak

pytestmark = [pytest.mark.hil, pytest.mark.deep]

NEVER = 1 << 62
SAMPLE_S, DEEP_S = 12, 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kills")


def test_two_runs_of_kills_lose_double_and_change_nothing(folder: Path, seed: int, deep: bool) -> None:
    for run in (1, 2):
        soak = KillsSoak(folder, seed)
        soak.go(NEVER, NEVER, DEEP_S if deep else SAMPLE_S)
        found = soak.comparison()
        assert found.faults() == []
        assert not found.dropped
        assert soak.traces() == 0
        assert soak.sent.runs == run
        assert found.recorded == soak.sent.acknowledged > run * 1000
    assert soak.sent.killed >= 2 * 3


# What is done to the record -> which number must not be zero.
DAMAGE = {
    "an item is gone": ("DELETE FROM item WHERE boot_id = ? AND seq = 7", "lost"),
    "the ledger names an item that is gone": ("DELETE FROM item WHERE boot_id = ? AND seq = 7", "unexplained"),
    "a body is of another": (
        "UPDATE item SET body = (SELECT body FROM item WHERE seq = 8 LIMIT 1) WHERE boot_id = ? AND seq = 7",
        "changed",
    ),
    "a boot is gone": ("DELETE FROM boot WHERE id = ?", "lost"),
    "counted twice": ("UPDATE boot SET received = received + 1 WHERE id = ?", "double"),
    "a value is stored twice": (
        "INSERT INTO value SELECT series_id, start_ms + 1, boot_id, seq, duration_ms, quality, n, mean, least, greatest, how, error_ms "
        "FROM value WHERE boot_id = ? AND seq = 7",
        "double",
    ),
    "values are missing": ("DELETE FROM value WHERE boot_id = ? AND seq = 7", "changed"),
    "never sent": ("UPDATE item SET seq = 1000000 WHERE boot_id = ? AND seq = 7", "invented"),
    "the ledger names too little": ("UPDATE boot SET ranges = '[[0, 3]]' WHERE id = ?", "unexplained"),
    "the ledger names too much": ("UPDATE boot SET highest = highest + 1 WHERE id = ?", "unexplained"),
}


@pytest.fixture
def damaged(folder: Path, tmp_path: Path, seed: int) -> Iterator[Callable[[str], Comparison]]:
    soak = KillsSoak(folder, seed)
    whole = sqlite3.connect(soak.fleet.state / DATABASE_FILE)
    copy = sqlite3.connect(tmp_path / DATABASE_FILE)
    whole.backup(copy)

    def compare_after(statement: str) -> Comparison:
        boot = soak.sent.boots[0]
        (boot_id,) = copy.execute("SELECT id FROM boot WHERE node_id = ? AND boot = ?", (boot.node, boot.boot)).fetchone()
        copy.execute(statement, (boot_id,))
        copy.commit()
        return compare(tmp_path / DATABASE_FILE, soak.sent.boots)

    yield compare_after
    whole.close()
    copy.close()


@pytest.mark.parametrize("name", DAMAGE)
def test_the_comparison_sees_a_damaged_record(name: str, damaged: Callable[[str], Comparison]) -> None:
    statement, number = DAMAGE[name]
    found = damaged(statement)
    assert getattr(found, number) > 0, found
    assert found.faults()


def test_what_was_reported_as_dropped_is_no_loss(damaged: Callable[[str], Comparison]) -> None:
    found = damaged("INSERT INTO dropped (boot_id, first, last, why) VALUES (?, 5, 6, 'full')")
    assert found.faults() == [] and not found.dropped, "they are in the record as well"
