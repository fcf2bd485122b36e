"""Set-up asks nothing, and says what to do where it cannot go on."""

import re
from pathlib import Path

import pytest

from hil_tests.source_tree import CHECKOUT
from tools.setup import running, steps
from tools.setup.environment import TEST_SCRIPT, Environment
from tools.setup.errors import SetupError
from tools.setup.machine import FOR_TESTS, MOSQUITTO, as_root
from tools.setup.running import run


def pins(level: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (CHECKOUT / "requirements" / f"{level}.lock").read_text(), re.MULTILINE))


def test_what_runs_is_what_is_tested() -> None:
    run_pins, dev_pins = pins("run"), pins("dev")
    assert run_pins and {name: dev_pins.get(name) for name in run_pins} == run_pins


@pytest.mark.parametrize("level", ["run", "dev"])
def test_every_locked_package_has_a_hash(level: str) -> None:
    text = (CHECKOUT / "requirements" / f"{level}.lock").read_text()
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert not [block.split()[0] for block in blocks if "--hash=sha256:" not in block]


def test_every_direct_dependency_is_pinned_in_the_lock() -> None:
    named = dict(re.findall(r'"([\w-]+)(?:\[\w+\])?==([^"]+)"', (CHECKOUT / "pyproject.toml").read_text()))
    assert named and {name: pins("dev").get(name) for name in named} == named


def test_root_needs_nothing_before_a_command_and_others_use_sudo() -> None:
    assert as_root(["mosquitto"], 0, sudo=False) == []
    assert as_root(["mosquitto"], 1000, sudo=True) == ["sudo", "-n"]


def test_without_root_and_sudo_the_commands_for_an_administrator_are_named() -> None:
    packages = [need.package for need in (MOSQUITTO, *FOR_TESTS)]
    with pytest.raises(SetupError) as stopped:
        as_root(packages, 1000, sudo=False)
    assert f"    apt-get install --no-install-recommends {' '.join(packages)}\n" in str(stopped.value)


def test_a_failing_command_is_shown_with_what_it_said() -> None:
    with pytest.raises(SetupError, match="ended with 3:\nthe reason"):
        run(["sh", "-c", "echo the reason; exit 3"])


def test_a_command_gets_no_chance_to_ask() -> None:
    assert run(["sh", "-c", 'read answer; echo "[$answer]"']) == "[]\n"


def made(checkout: Path) -> Environment:
    """A checkout in which everything of `dev` was installed."""
    for name in ("requirements/run.lock", "requirements/dev.lock", "pyproject.toml", "package-lock.json"):
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    environment = Environment(checkout)
    environment.folder.mkdir()
    environment.vendor.mkdir(parents=True)
    for script in ("uPlot.iife.min.js", "uPlot.min.css", "leaflet.js", "leaflet.css"):
        (environment.vendor / script).touch()
    (environment.pages / TEST_SCRIPT).parent.mkdir(parents=True)
    (environment.pages / TEST_SCRIPT).touch()
    environment.stamp("dev")
    return environment


def test_what_is_installed_for_tests_serves_the_demo_too(tmp_path: Path) -> None:
    environment = made(tmp_path)
    assert environment.ready("dev") and environment.ready("run")


@pytest.mark.parametrize("name", ["requirements/dev.lock", "pyproject.toml", "package-lock.json"])
def test_a_changed_lock_is_installed_again(tmp_path: Path, name: str) -> None:
    environment = made(tmp_path)
    (tmp_path / name).write_text("changed")
    assert not environment.ready("dev")


def test_a_script_of_the_pages_that_is_gone_is_fetched_again(tmp_path: Path) -> None:
    environment = made(tmp_path)
    (environment.vendor / "uPlot.iife.min.js").unlink()
    assert not environment.ready("run")


def test_a_script_of_the_tests_is_needed_for_tests_only(tmp_path: Path) -> None:
    environment = made(tmp_path)
    (environment.pages / TEST_SCRIPT).unlink()
    assert environment.ready("run") and not environment.ready("dev")


def test_a_checkout_that_was_moved_is_set_up_again(tmp_path: Path) -> None:
    made(tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    assert not Environment(tmp_path / "two").ready("run")


def test_a_command_that_takes_long_shows_that_it_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SIGN_S", 0.05)
    assert run(["sh", "-c", "sleep 0.4; echo done"]) == "done\n"
    assert capsys.readouterr().out.startswith("..")


def test_a_step_has_a_line_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    steps.take(steps.Step("a thing", "a reason", lambda: None), 2, 3)
    assert capsys.readouterr().out == "[2/3] a thing  0 s\n"
