"""The guide for contributors names files that exist, and the lists of rows are what the code needs: found by walking all sources."""

import re
import subprocess
from functools import cache

import pytest

from contract import parts, quantities, settings
from contract.site import qualities, rules
from hil_tests.source_tree import CHECKOUT

TEXT = (CHECKOUT / "CONTRIBUTING.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))
# Section -> the keys of everything of that kind. A file that knows them all is one that a new one has to go into.
KEYS = {
    "A quantity": [row[1] for row in quantities.QUANTITIES],
    "A quality code": list(qualities.KEYS.values()),
    "A sensor": list(parts.UART_PARTS),
    "A setting of nodes": [row[0] for row in settings.NUMBERS],
    "A kind of rule": list(rules.KINDS),
}
_READ = (".py", ".js", ".html", ".json", ".md", ".toml")


def named(text: str) -> set[str]:
    """Paths in it; one with a word of capitals stands for a file that is to be made."""
    paths = re.findall(r"`([\w./-]+(?:/|\.(?:py|md|js|html|json|po|sh)))`", text)
    return {path for path in paths if not re.search(r"(^|/)[A-Z]+\.(py|sh|json)$", path)}


def rows(section: str) -> set[str]:
    return set(re.findall(r"^- (?:Row|Made): `([^`]+)`", SECTIONS[section], re.MULTILINE))


@cache
def committed() -> dict[str, str]:
    listed = subprocess.run(["git", "-C", str(CHECKOUT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    paths = [path for path in listed.stdout.split("\0") if path.endswith(_READ) and "/tests/" not in path]
    return {path: (CHECKOUT / path).read_text() for path in paths if (CHECKOUT / path).is_file()}


def knows_all(text: str, keys: list[str]) -> bool:
    return all(re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text) for key in keys)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_file_that_the_guide_names_exists(section: str) -> None:
    assert not [path for path in named(SECTIONS[section]) if not (CHECKOUT / path).exists()]


@pytest.mark.parametrize("section", KEYS)
def test_a_new_one_goes_into_exactly_the_files_of_the_list(section: str) -> None:
    if not committed():
        pytest.skip("a checkout without git has no list of files")
    assert rows(section) == {path for path, text in committed().items() if knows_all(text, KEYS[section])}


@pytest.mark.parametrize("kind", ["sensor", "quantity", "setting", "rule", "page", "figure", "section", "finding"])
def test_the_guide_has_every_usual_change(kind: str) -> None:
    assert [title for title in SECTIONS if kind in title]


def test_the_guide_tells_every_package() -> None:
    packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")} | {"firmware"}
    assert packages - {"build"} <= {path.split("/")[0] for path in named(SECTIONS["Layout"])}


def test_a_file_that_is_named_and_not_there_is_found() -> None:
    assert named("see `air/no_such.py` and `drivers/NAME.py`") == {"air/no_such.py"}
