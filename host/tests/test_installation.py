"""Steps of an installation on a real folder: what is foreseen is what is done, twice is once, and without systemd nothing is lost."""

import grp
import os
import pwd
import stat
from pathlib import Path, PurePosixPath

import pytest

from host.errors import InstallationError
from host.installation.report import dry_run_lines, run_lines
from host.installation.run import Machine, Outcome, _set_rights, foresee, left_over, run_steps
from host.installation.steps import Command, File, Folder, Link, Step, program_faults, program_in_use, systemctl

ME, GROUP = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
HERE = Machine(Path("/"), has_systemd=False)


def steps_in(folder: Path) -> list[Step]:
    """One of every kind, on this machine itself but below a folder of the test."""
    place = PurePosixPath(folder)
    return [
        Folder(place / "state", 0o700, ME, GROUP, "kept apart"),
        File(place / "made", "ours\n", 0o644, ME, GROUP, "read by all"),
        File(place / "edited", "theirs\n", 0o640, ME, GROUP, "edited by people", keep=True),
        Link(place / "wants/x.service", place / "x.service", "at boot"),
        Command(("touch", str(place / "ran")), "leaves a trace", unless=("test", "-e", str(place / "ran"))),
        systemctl("daemon-reload", why="systemd reads the units"),
    ]


def outcomes(folder: Path) -> list[Outcome]:
    return [outcome for _, outcome in run_steps(steps_in(folder), HERE)]


FIRST = [Outcome.CREATE] * 4 + [Outcome.RUN, Outcome.NO_SYSTEMD]
AGAIN = [Outcome.KEEP, Outcome.KEEP, Outcome.YOURS, Outcome.KEEP, Outcome.KEEP, Outcome.NO_SYSTEMD]


def test_what_is_foreseen_is_what_is_done_the_first_time_and_again(tmp_path: Path) -> None:
    for expected in (FIRST, AGAIN):
        assert [foresee(step, HERE) for step in steps_in(tmp_path)] == expected
        assert outcomes(tmp_path) == expected


def test_looking_changes_nothing(tmp_path: Path) -> None:
    said = "\n".join(dry_run_lines(steps_in(tmp_path), HERE))
    assert list(tmp_path.iterdir()) == []
    assert [line.split()[0] for line in said.splitlines()[1::2]] == ["create"] * 4 + ["run", "skip"]


def damage_content(folder: Path) -> None:
    (folder / "made").write_text("other")


def damage_mode(folder: Path) -> None:
    (folder / "made").chmod(0o600)


def damage_mode_of_what_people_edit(folder: Path) -> None:
    (folder / "edited").chmod(0o666)


def damage_mode_of_a_folder(folder: Path) -> None:
    (folder / "state").chmod(0o755)


def damage_link(folder: Path) -> None:
    (folder / "wants/x.service").unlink()
    (folder / "wants/x.service").symlink_to("/elsewhere/y.service")


@pytest.mark.parametrize(
    ("damage", "index"),
    [(damage_content, 1), (damage_mode, 1), (damage_mode_of_what_people_edit, 2), (damage_mode_of_a_folder, 0), (damage_link, 3)],
)
def test_what_was_damaged_is_foreseen_and_mended(damage: object, index: int, tmp_path: Path) -> None:
    assert callable(damage)
    outcomes(tmp_path)
    damage(tmp_path)
    expected = [*AGAIN[:index], Outcome.CHANGE, *AGAIN[index + 1 :]]
    assert [foresee(step, HERE) for step in steps_in(tmp_path)] == expected
    assert outcomes(tmp_path) == expected
    assert outcomes(tmp_path) == AGAIN


def test_what_people_edited_keeps_its_content(tmp_path: Path) -> None:
    outcomes(tmp_path)
    (tmp_path / "edited").write_text("mine")
    (tmp_path / "edited").chmod(0o666)
    outcomes(tmp_path)
    assert ((tmp_path / "edited").read_text(), stat.S_IMODE((tmp_path / "edited").stat().st_mode)) == ("mine", 0o640)


def test_a_link_where_a_file_belongs_is_refused_and_what_it_leads_to_is_untouched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    (tmp_path / "made").symlink_to(secret)
    with pytest.raises(InstallationError, match="move it away"):
        outcomes(tmp_path)
    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == ("secret", 0o600)


def test_a_link_that_took_the_place_of_a_file_just_now_does_not_give_away_what_it_leads_to(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    (tmp_path / "made").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        _set_rights(tmp_path / "made", File(PurePosixPath(tmp_path / "made"), "", 0o666, ME, GROUP, "why"), None)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_folder_that_is_reached_by_a_link_is_one(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "state").symlink_to(tmp_path / "disk")
    assert outcomes(tmp_path)[0] is Outcome.KEEP


def test_a_step_that_fails_is_named_and_the_next_run_goes_on_from_there(tmp_path: Path) -> None:
    steps = [*steps_in(tmp_path)[:2], Command(("sh", "-c", "echo no luck >&2; exit 3"), "fails"), *steps_in(tmp_path)[2:]]
    with pytest.raises(InstallationError, match="no luck"):
        list(run_steps(steps, HERE))
    assert outcomes(tmp_path) == [*AGAIN[:2], *FIRST[2:]]


def test_a_user_that_does_not_exist_is_named(tmp_path: Path) -> None:
    steps: list[Step] = [Folder(PurePosixPath(tmp_path / "x"), 0o700, "nobody-of-that-name", GROUP, "why")]
    assert foresee(steps[0], HERE) is Outcome.CREATE
    with pytest.raises(InstallationError, match="nobody-of-that-name"):
        list(run_steps(steps, HERE))


def test_below_another_root_links_and_files_are_made_and_commands_are_left(tmp_path: Path) -> None:
    image = Machine.at(tmp_path)
    steps: list[Step] = [
        File(PurePosixPath("/etc/x"), "x", 0o644, "root", "root", "why"),
        Link(PurePosixPath("/etc/wants/x"), PurePosixPath("/etc/x"), "why"),
        Command(("touch", "/ran"), "why"),
    ]
    assert [outcome for _, outcome in run_steps(steps, image)] == [Outcome.CREATE, Outcome.CREATE, Outcome.LEFT]
    assert (tmp_path / "etc/wants/x").readlink() == Path("/etc/x")
    assert left_over(steps) == ["touch /ran"]


def test_without_systemd_the_end_says_that_nothing_was_started(tmp_path: Path) -> None:
    assert "nothing was started" in list(run_lines(steps_in(tmp_path), HERE))[-1]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("/opt/airgrid/releases/1.2.3", "/opt/airgrid/x/bin/airgrid-x"),
        ("/opt/airgrid/x", "/opt/airgrid/x/bin/airgrid-x"),
        ("/opt/other", "/opt/other/bin/airgrid-x"),
    ],
)
def test_units_name_the_version_in_use_by_its_link(prefix: str, expected: str) -> None:
    assert program_in_use(PurePosixPath(prefix), "airgrid-x") == PurePosixPath(expected)


@pytest.mark.parametrize(
    ("program", "good"),
    [("/opt/a/bin/x", True), ("/usr/bin/x", True), ("/home/pi/x", False), ("/root/x", False), ("/tmp/x", False), ("/var/tmp/a/x", False)],
)
def test_a_program_that_a_service_could_not_see_is_refused_with_the_true_command(program: str, good: bool) -> None:
    found = program_faults(PurePosixPath(program), "gateway --fleet https://f")
    assert (found == []) == good
    assert good or "sudo ./install gateway --fleet https://f" in found[0]
