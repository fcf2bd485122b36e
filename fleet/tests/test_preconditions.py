import pytest

from fleet.http import preconditions

TAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("", False),
        ('"abc"', True),
        ('W/"abc"', True),
        (' "x", W/"abc" ', True),
        ('"x","y"', False),
        ("*", True),
        ("abc", False),
        ('"a,b", "abc"', True),
        ('"abcd"', False),
    ],
)
def test_a_client_has_it_when_one_of_its_tags_is_ours(header: str | None, expected: bool) -> None:
    assert preconditions.has_it(header, TAG) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, True), ('"abc"', True), ('W/"abc"', False), ('"x"', False), ("Sat, 01 Jan 2028 00:00:00 GMT", False)],
)
def test_a_range_holds_for_the_very_same_bytes_only(header: str | None, expected: bool) -> None:
    assert preconditions.range_holds(header, TAG) is expected
