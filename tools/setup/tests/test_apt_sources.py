"""The machine's sources are read in both forms, and asked for another suite with the same mirror and the same keys."""

import pytest

from tools.setup.apt_sources import Source, of_other_suite, parse_deb822, parse_one_line
from tools.setup.errors import SetupError

MIRROR = "http://mirror.example/debian"
DEB822 = f"""\
# made by an installer
Types: deb deb-src
URIs: {MIRROR}
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
EMBEDDED_KEY = f"""\
Types: deb
URIs: {MIRROR}
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF==
 -----END PGP PUBLIC KEY BLOCK-----
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"deb {MIRROR} bookworm main", Source(MIRROR, ("bookworm",), ("main",), ())),
        (f"  deb   {MIRROR}\tbookworm main contrib # note", Source(MIRROR, ("bookworm",), ("main", "contrib"), ())),
        (f"deb [signed-by=/k.gpg] {MIRROR} bookworm main", Source(MIRROR, ("bookworm",), ("main",), (("Signed-By", "/k.gpg"),))),
        (f"deb [ arch=arm64,armhf ] {MIRROR} bookworm main", Source(MIRROR, ("bookworm",), ("main",), (("Architectures", "arm64 armhf"),))),
        (f"deb [trusted=yes] {MIRROR} bookworm main", Source(MIRROR, ("bookworm",), ("main",), ())),
    ],
    ids=["plain", "spaces and a comment", "key", "architectures", "trust is not carried over"],
)
def test_a_one_line_source_is_read(line: str, expected: Source) -> None:
    assert parse_one_line(line + "\n") == [expected]


@pytest.mark.parametrize("line", ["", f"# deb {MIRROR} bookworm main", f"deb-src {MIRROR} bookworm main", "deb", "deb [broken"])
def test_a_line_that_is_no_source_of_packages_is_passed_over(line: str) -> None:
    assert parse_one_line(line) == []


def test_stanzas_are_read_with_their_keys() -> None:
    first, second = parse_deb822(DEB822)
    assert first == Source(
        MIRROR, ("bookworm", "bookworm-updates"), ("main", "contrib"), (("Signed-By", "/usr/share/keyrings/archive.gpg"),)
    )
    assert second.suites == ("bookworm-security",)


@pytest.mark.parametrize("field", ["Enabled: no", "Types: deb-src"])
def test_a_stanza_that_is_switched_off_is_passed_over(field: str) -> None:
    stanza = f"Types: deb\nURIs: {MIRROR}\nSuites: bookworm\nComponents: main\n{field}\n"
    assert parse_deb822(stanza) == []


def test_only_sources_that_serve_this_suite_are_asked_for_the_other() -> None:
    stanzas = of_other_suite(parse_deb822(DEB822), "bookworm", "trixie", ("main",))
    assert stanzas == [f"Types: deb\nURIs: {MIRROR}\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/archive.gpg\n"]


def test_a_key_inside_a_stanza_survives() -> None:
    (stanza,) = of_other_suite(parse_deb822(EMBEDDED_KEY), "bookworm", "trixie", ("main",))
    assert parse_deb822(stanza)[0].fields == parse_deb822(EMBEDDED_KEY)[0].fields
    assert " mQINBF==" in stanza


def test_a_source_that_names_its_suite_by_rank_serves_too() -> None:
    assert len(of_other_suite(parse_one_line(f"deb {MIRROR} stable main"), "bookworm", "trixie", ("main",))) == 1


def test_no_source_is_an_error_that_says_what_was_looked_for() -> None:
    with pytest.raises(SetupError, match="bookworm main"):
        of_other_suite(parse_deb822(DEB822)[1:], "bookworm", "trixie", ("main",))
