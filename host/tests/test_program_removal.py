"""Programs go with the last part of airgrid that runs on them, and nothing of others goes with them."""

from pathlib import Path

import pytest

from host.errors import InstallationError
from host.installation.program_removal import program_lines, refuse_on_trial
from host.release import environment, journal, units
from host.release.places import PROGRAMS, Places
from host.release.trial import JUDGING, Trial

UNIT = {"gateway": "airgrid-gateway.service", "fleet": "airgrid-fleet.service"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A machine on which a bundle was installed, and a trial was cut after its verdict."""
    places = Places(tmp_path)
    (places.release("0.1.0-a") / "bin").mkdir(parents=True)
    environment.put_into_use("0.1.0-a", places)
    units.write_units(places.release("0.1.0-a") / "installer", places)
    (places.links / "of-others").symlink_to("/opt/others")
    (places.units / "of-others.service").touch()
    return places


def left(places: Places) -> set[str]:
    return {path.name for path in places.root.rglob("*") if path.is_symlink() or path.is_file()}


def test_with_the_last_service_go_programs_links_and_units_of_trials(places: Places) -> None:
    said = "\n".join(program_lines(places))
    assert left(places) == {"of-others", "of-others.service"} and not places.home.exists()
    assert all(name in said for name in (*PROGRAMS, units.SERVICE, units.TIMER, str(places.home)))
    assert list(program_lines(places)) == []


@pytest.mark.parametrize("other", UNIT)
def test_what_the_other_service_runs_on_stays(places: Places, other: str) -> None:
    (places.units / UNIT[other]).touch()
    before = left(places)
    (line,) = program_lines(places)
    assert "stays" in line and f"airgrid-{other}" in line and left(places) == before


def test_what_the_tool_of_technicians_runs_on_stays(places: Places) -> None:
    journal.note_tool(places)
    before = left(places)
    (line,) = program_lines(places)
    assert "airgrid-node" in line and left(places) == before


def test_a_link_that_people_have_set_stays(places: Places) -> None:
    link = places.links / "airgrid-node"
    link.unlink()
    link.symlink_to("/home/anna/airgrid/.venv/bin/airgrid-node")
    list(program_lines(places))
    assert link.is_symlink()


def test_while_both_are_on_trial_none_is_removed_and_one_alone_is(places: Places) -> None:
    journal.save(Trial("2", "1", JUDGING, {}), places)
    (places.units / UNIT["gateway"]).touch()
    refuse_on_trial("gateway", places)
    with pytest.raises(InstallationError, match="on trial"):
        refuse_on_trial("fleet", places)


def test_an_installation_at_work_is_waited_for_and_then_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.installation.program_removal._TRIES", 1)
    with journal.lock(places), pytest.raises(InstallationError, match="at work"):
        list(program_lines(places))
    assert places.home.exists()
