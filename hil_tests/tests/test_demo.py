"""The demo, but for its run (test_demo_runs.py)."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.demo import keeping
from hil_tests.demo.air import SMOKE, Smoke, air
from hil_tests.demo.keeping import Keeper
from hil_tests.demo.options import tunnel, wished_seconds
from hil_tests.demo.story import BY_FILE, BY_ITSELF, Spell
from hil_tests.processes import Program, wait_until
from hil_tests.sensors.scenario import Steady


@pytest.mark.parametrize(("text", "seconds"), [("", None), ("60", 60.0), ("15", 15.0), ("90.5", 90.5)])
def test_a_demo_runs_as_long_as_wished(text: str, seconds: float | None) -> None:
    assert wished_seconds(text) == seconds


@pytest.mark.parametrize("text", ["abc", "-1", "0", "14.9", "nan", "inf", "1e999"])
def test_a_demo_too_short_to_prove_anything_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wished_seconds(text)


@pytest.mark.parametrize(
    ("connection", "command"),
    [
        ("10.0.0.9 5555 10.0.0.1 22", "ssh -L 8080:127.0.0.1:8080 -L 81:127.0.0.1:81 ada@10.0.0.1"),
        ("fe80::9 5555 fe80::1 2222", "ssh -L 8080:127.0.0.1:8080 -L 81:127.0.0.1:81 -p 2222 ada@fe80::1"),
        ("", None),
        ("nonsense", None),
    ],
)
def test_who_came_by_ssh_is_given_the_tunnel_for_it(connection: str, command: str | None) -> None:
    assert tunnel(connection, "ada", [8080, 81]) == command


def test_two_sensors_of_a_node_breathe_slightly_different_air() -> None:
    first, second = (air()["river-1"][slot].value("pm2_5_atm", 1000) for slot in (0, 1))
    assert first != second and second == pytest.approx(first, rel=0.2)


def test_smoke_rises_and_clears() -> None:
    smoke = Smoke(Steady(20.0))
    assert smoke.at(0) == 20.0
    smoke.is_on = True
    assert smoke.at(60_000) == pytest.approx(20.0 + SMOKE, abs=1)
    smoke.is_on = False
    assert smoke.at(120_000) == pytest.approx(20.0, abs=1)


def test_a_spell_lasts_as_long_as_was_said_or_as_its_file_exists_and_says_which(tmp_path: Path) -> None:
    spell, switch = Spell(10.0, tmp_path / "switch"), tmp_path / "switch"

    def news(now_s: float) -> str:
        return spell.look(now_s, "rises", "clears")

    assert news(0.0) == ""
    spell.begin(5.0)
    assert (news(5.0), news(6.0), spell.is_on) == (f"rises, {BY_ITSELF}", "", True)
    switch.touch()
    assert news(7.0) == f"goes on, {BY_ITSELF} and {BY_FILE}"
    switch.unlink()
    assert news(8.0) == f"goes on, {BY_ITSELF}"
    assert (news(15.0), news(16.0), spell.is_on) == ("clears", "", False)
    switch.touch()
    assert (news(17.0), news(1000.0), spell.is_on) == (f"rises, {BY_FILE}", "", True)
    switch.unlink()
    assert (news(1001.0), spell.is_on) == ("clears", False)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program("sleeper", ["sleep", "600"], tmp_path / "log")
    made.start()
    yield made
    made.kill()


def test_a_killed_program_is_started_again_with_one_line(program: Program) -> None:
    said: list[str] = []
    keeper = Keeper({"the sleeper": program}, said.append)
    keeper.look()
    os.kill(program.pid, signal.SIGKILL)
    wait_until(lambda: not program.running, within_s=10, what="the end")
    keeper.look()
    keeper.look()
    assert program.running and len(said) == 1 and "SIGKILL" in said[0]


def test_a_stopped_program_is_named_and_after_a_while_started_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    keeper = Keeper({"the sleeper": program}, said.append)
    os.kill(program.pid, signal.SIGSTOP)

    def notices() -> bool:
        keeper.look()
        return bool(said)

    wait_until(notices, within_s=10, what="a line")
    before = program.pid
    monkeypatch.setattr(keeping, "PATIENCE_S", 0.0)
    keeper.look()
    assert program.running and program.pid != before and len(said) == 2
