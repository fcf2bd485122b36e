"""A figure of the bench can be missed: status, rows that are kept, exit code, and the document that they stand in."""

from pathlib import Path

import pytest

from hil_tests.bench import __main__ as bench
from hil_tests.bench import rows
from hil_tests.bench.definitions import DEFINITIONS, Definition
from hil_tests.bench.figures import Measured, percentile
from hil_tests.bench.targets import MET, MISSED, STATED, Target, at_least, at_most, ratio_at_least, ratio_at_most, status

DOCUMENT = bench.DOCUMENT.read_text()
LATENCY = Definition("gateway.ack_ms_p50", "ms", at_most(10), "text")
RATE = Definition("gateway.commit_rate", "reports/s", ratio_at_least(0.7), "text", "raw")


@pytest.mark.parametrize(
    ("target", "value", "reference", "expected"),
    [
        (None, 1, None, STATED),
        (at_most(10), 10, None, MET),
        (at_most(10), 10.01, None, MISSED),
        (at_most(0), 0, None, MET),
        (at_least(15_000), 15_000, None, MET),
        (at_least(15_000), 14_999, None, MISSED),
        (ratio_at_least(0.7), 70, 100, MET),
        (ratio_at_least(0.7), 69, 100, MISSED),
        (ratio_at_most(3), 31, 10, MISSED),
        (ratio_at_most(3), 30, 10, MET),
        (ratio_at_most(1.25, or_more=2), 3.9, 2, MET),
        (ratio_at_most(1.25, or_more=2), 4.1, 2, MISSED),
        (ratio_at_most(1.25, or_more=2), 24, 20, MET),
    ],
)
def test_a_status_is_that_of_the_target(target: Target | None, value: float, reference: float | None, expected: str) -> None:
    assert status(Measured("x", value, reference), target) == expected


def test_a_target_is_judged_before_rounding() -> None:
    assert rows.row(Measured(LATENCY.name, 10.0000001), LATENCY, "d", "c")[1:7:5] == ("10", MISSED)


def test_a_target_on_a_ratio_without_a_reference_is_an_error() -> None:
    with pytest.raises(ValueError, match="no reference"):
        status(Measured("x", 1), ratio_at_least(1))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (at_most(10), "at most 10"),
        (at_least(15_000), "at least 15000"),
        (ratio_at_least(0.7), "ratio at least 0.7"),
        (ratio_at_most(1.25, or_more=2), "ratio at most 1.25, or 2 more"),
    ],
)
def test_a_target_is_written_in_words(target: Target, text: str) -> None:
    assert str(target) == text


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert [percentile([4, 1, 3, 2], share) for share in (0, 0.5, 1)] == [1, 2.5, 4]


def test_a_row_is_read_back_as_it_was_written() -> None:
    written = [rows.row(Measured(RATE.name, 77304.123, 268530), RATE, "2026-11-28", "abc1234+")]
    assert list(rows.read(rows.with_rows(DOCUMENT, written)).values()) == written
    assert written[0][1:6] == ("77304", "reports/s", "268530", "0.288", "ratio at least 0.7")


def test_a_table_of_other_columns_is_an_error() -> None:
    with pytest.raises(ValueError, match="a row of 6 cells"):
        rows.read(f"{rows.BEGIN}\n| `gateway.ack_ms_p50` | 1 | ms |  |  |  |\n{rows.END}")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """As committed: a latency that was met long ago, a rate that was missed, and a figure that nobody defines any more."""
    table = [
        rows.row(Measured(LATENCY.name, 1.3), LATENCY, "2025-01-01", "aaaaaaa"),
        rows.row(Measured(RATE.name, 1, 10), RATE, "2025-01-02", "bbbbbbb"),
        rows.row(Measured("gateway.gone", 1), LATENCY, "2025-01-03", "ccccccc"),
    ]
    path = tmp_path / "performance.md"
    path.write_text(rows.with_rows(DOCUMENT, table))
    return path


def test_a_row_that_was_not_measured_now_is_kept_from_the_document(document: Path) -> None:
    before = rows.read(document.read_text())
    bench.write([rows.row(Measured(RATE.name, 8, 10), RATE, "2026-11-28", "ddddddd")], document, document.read_text())
    after = rows.read(document.read_text())
    assert after[LATENCY.name] == before[LATENCY.name]
    assert after[RATE.name][6:] == (MET, "2026-11-28", "ddddddd")
    assert list(after) == [LATENCY.name, RATE.name]


@pytest.mark.parametrize(
    ("measured", "code"),
    [
        ((Measured(LATENCY.name, 11), LATENCY), 1),
        ((Measured(LATENCY.name, 9), LATENCY), 0),
        ((Measured(RATE.name, 2, 10), RATE), 0),
        ((Measured("gateway.ack_ms_p99", 41), DEFINITIONS["gateway.ack_ms_p99"]), 0),
    ],
    ids=["met, missed now", "still met", "still missed", "new and missed"],
)
def test_the_bench_fails_for_what_was_met_before_and_is_missed_now(
    document: Path, measured: tuple[Measured, Definition], code: int
) -> None:
    assert bench.write([rows.row(*measured, "2026-11-28", "ddddddd")], document, document.read_text()) == code


def test_a_second_run_is_still_compared_with_the_committed_table(document: Path) -> None:
    committed, missed = document.read_text(), [rows.row(Measured(LATENCY.name, 11), LATENCY, "2026-11-28", "ddddddd")]
    assert [bench.write(missed, document, committed) for _ in range(2)] == [1, 1]


def test_the_document_says_of_every_figure_what_the_definitions_say() -> None:
    assert rows.with_meanings(DOCUMENT, DEFINITIONS.values()) == DOCUMENT, "make bench writes it"
    for name, row in rows.read(DOCUMENT).items():
        target = DEFINITIONS[name].target
        assert (row.unit, row.target) == (DEFINITIONS[name].unit, "" if target is None else str(target))
        assert (row.status == STATED) == (target is None)
        assert row.date
        assert row.commit


def test_every_figure_is_published() -> None:
    assert sorted(rows.read(DOCUMENT)) == sorted(DEFINITIONS)


def test_a_target_on_a_ratio_names_its_reference() -> None:
    assert [name for name, each in DEFINITIONS.items() if each.target and each.target.of_ratio and not each.reference] == []
