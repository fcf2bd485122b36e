"""Programs go with the last part of airgrid that runs on them, and nothing of others goes with them."""

from pathlib import Path

import pytest

from host.errors import InstallationError
from host.installation.program_removal import program_lines, refuse_on_trial
from host.release import environment, journal, units
from host.release.places import PARTS, Places
from host.release.trial import JUDGING, Signs, Trial

RELEASE = "0.1.0-0123abcd"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A machine on which a gateway was installed from a bundle, and a trial of it was cut after its verdict."""
    places = Places(tmp_path)
    put(places, "gateway", RELEASE)
    for name in units.names("gateway"):
        places.units.mkdir(parents=True, exist_ok=True)
        (places.units / name).touch()
    (places.links / "of-others").symlink_to("/opt/others")
    (places.units / "of-others.service").touch()
    return places


def put(places: Places, part: str, release: str) -> None:
    program = places.program(part, release)
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch()
    environment.put_into_use(part, release, places)


def left(places: Places) -> set[str]:
    return {path.name for path in places.root.rglob("*") if path.is_symlink() or path.is_file()}


def test_with_the_last_part_go_programs_links_and_units_of_trials(places: Places) -> None:
    said = "\n".join(program_lines("gateway", places))
    assert left(places) == {"of-others", "of-others.service"} and not places.home.exists()
    assert all(name in said for name in ("airgrid-gateway", *units.names("gateway"), str(places.home)))
    assert list(program_lines("gateway", places)) == []


@pytest.mark.parametrize("other", ["fleet", "node"])
def test_what_another_part_runs_on_stays_and_its_release_with_it(places: Places, other: str) -> None:
    newer = "0.2.0-0123abcd"
    put(places, other, newer)
    said = "\n".join(program_lines("gateway", places))
    assert "stays" in said and f"airgrid-{other}" in said
    assert [path.name for path in places.releases.iterdir()] == [newer]
    assert (places.in_use(other) / "bin" / PARTS[other]).exists() and not places.in_use("gateway").is_symlink()


def test_a_release_that_two_parts_run_on_stays_for_the_other(places: Places) -> None:
    put(places, "fleet", RELEASE)
    list(program_lines("gateway", places))
    assert (places.in_use("fleet") / "bin/airgrid-fleet").exists()


def test_a_release_that_a_trial_may_need_stays(places: Places) -> None:
    for name in ("0.2.0-0123abcd", "0.3.0-0123abcd", "0.4.0-0123abcd"):
        places.release(name).mkdir(parents=True)
    journal.save(Trial("fleet", "0.3.0-0123abcd", "0.2.0-0123abcd", JUDGING, Signs()), places)
    environment.remove_unused(places)
    assert sorted(path.name for path in places.releases.iterdir()) == [RELEASE, "0.2.0-0123abcd", "0.3.0-0123abcd"]


def test_a_link_that_people_have_set_stays(places: Places) -> None:
    link = places.links / "airgrid-gateway"
    link.unlink()
    link.symlink_to("/home/anna/airgrid/.venv/bin/airgrid-gateway")
    list(program_lines("gateway", places))
    assert link.is_symlink()


def test_what_is_on_trial_is_not_removed_and_what_is_not_is(places: Places) -> None:
    journal.save(Trial("gateway", "2", "1", JUDGING, Signs()), places)
    refuse_on_trial("fleet", "uninstall", places)
    with pytest.raises(InstallationError, match="restore: a new version is on trial"):
        refuse_on_trial("gateway", "restore", places)


def test_an_installation_at_work_is_waited_for_and_then_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.installation.program_removal._TRIES", 1)
    with journal.lock(places.lock), pytest.raises(InstallationError, match="at work"):
        list(program_lines("gateway", places))
    assert places.home.exists()
