"""Whether a database that is elsewhere is in the form of the new version: only what was read counts, and no answer is neither."""

import pytest

from host.release.shown import Database, Shown, is_changed


def says(form: str, found: str | None, receipts: int | None = 7) -> Shown:
    return Shown(None, {}, receipts, Database(None, form, found))


# (the old version, the new one): whether it has changed.
CASES = {
    "in the old form": ((says("1", "1"), says("2", "1")), False),
    "in the new form": ((says("1", "2"), says("2", "2")), True),
    "in a form between, left by a change that was cut": ((says("1", "1.5"), says("2", "1.5")), True),
    "PostgreSQL is away": ((says("1", None, None), says("2", None, None)), None),
    "away, and the old version cannot say how it is": ((None, says("2", None, None)), None),
    "the old version cannot say how it is, the new one has changed it": ((None, says("2", "2")), True),
    "the old version cannot say how it is, the new one has not": ((None, says("2", "1")), False),
    "the old version fails on it, the new one reads it": ((says("1", None, None), says("2", "2")), True),
    "no tables yet": ((says("1", None, 0), says("2", None, 0)), False),
    "neither version can say how it is": ((None, None), None),
    "in the new form, which has no count for the old version": ((says("1", "2", None), None), True),
}


@pytest.mark.parametrize(("said", "expected"), CASES.values(), ids=CASES)
def test_the_form_is_read_and_not_guessed(said: tuple[Shown | None, Shown | None], expected: bool | None) -> None:
    assert is_changed(*said) is expected
