import pytest

from hil_tests.demo import wished_seconds


@pytest.mark.parametrize(("text", "seconds"), [("", None), ("60", 60.0), ("15", 15.0), ("90.5", 90.5)])
def test_a_demo_runs_as_long_as_wished(text: str, seconds: float | None) -> None:
    assert wished_seconds(text) == seconds


@pytest.mark.parametrize("text", ["abc", "-1", "0", "14.9", "nan", "inf", "1e999"])
def test_a_demo_too_short_to_prove_anything_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wished_seconds(text)
