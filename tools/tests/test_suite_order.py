"""The longest files of the suite are started first, and the table of them names files that there are."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.suite_order import SECONDS, longest_first

_ROOT = Path(__file__).parent.parent.parent


def test_the_longest_file_comes_first_and_its_tests_stay_in_their_order() -> None:
    tests = ["short::a", "long::b", "other::c", "long::a", "short::b"]
    seconds = {"long": 60.0, "short": 2.0}
    ordered = longest_first(tests, lambda test: seconds.get(test.split("::")[0], 0))
    assert ordered == ["long::b", "long::a", "short::a", "short::b", "other::c"]


def test_every_file_of_the_table_exists() -> None:
    assert SECONDS
    assert [path for path in SECONDS if not (_ROOT / path).is_file()] == []


def test_pytest_runs_the_longest_files_first(request: pytest.FixtureRequest) -> None:
    """By the conftest.py of the project."""
    plugins = request.config.pluginmanager.get_plugins()
    (conftest,) = [plugin for plugin in plugins if getattr(plugin, "__file__", None) == str(_ROOT / "conftest.py")]
    items = [SimpleNamespace(location=(path, 0, "")) for path in ("quick.py", *reversed(SECONDS))]
    conftest.pytest_collection_modifyitems(items)
    assert [SECONDS.get(item.location[0], 0) for item in items] == [*sorted(SECONDS.values(), reverse=True), 0]
