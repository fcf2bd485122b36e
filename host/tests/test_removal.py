"""An installation taken back: exactly what it placed; what people and the service wrote stays; and a cut is finished by the next run."""

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from host.errors import InstallationError
from host.installation.removal import SHARED, removal_lines
from host.installation.run import Machine, run_steps
from host.installation.steps import File, Folder, Link, Step
from host.tests.test_installation import GROUP, HERE, ME, steps_in


def install_in(folder: Path) -> None:
    list(run_steps(steps_in(folder), HERE))
    (folder / "state/record").write_text("data")
    (folder / "others").write_text("of others")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def remove(folder: Path, *, purge: bool = False) -> list[str]:
    # `user` is one that does not exist: none is deleted by a test.
    return list(removal_lines(steps_in(folder), (), HERE, f"no-{ME}", purge=purge))


def test_what_was_placed_goes_and_what_people_and_the_service_wrote_stays(tmp_path: Path) -> None:
    install_in(tmp_path)
    said = remove(tmp_path)
    assert files(tmp_path) == {"edited", "state/record", "others", "ran"}
    assert any(line.startswith("stays") and line.endswith("edited") for line in said)


def test_a_purge_leaves_only_what_is_of_others(tmp_path: Path) -> None:
    install_in(tmp_path)
    remove(tmp_path, purge=True)
    assert files(tmp_path) == {"others", "ran", "state/record"}, (
        "a folder that is not marked as the service's own goes only when it is empty"
    )


def test_twice_is_once_and_it_may_be_installed_again(tmp_path: Path) -> None:
    install_in(tmp_path)
    remove(tmp_path)
    assert [line for line in remove(tmp_path) if line.startswith("removed")] == []
    install_in(tmp_path)
    assert {"made", "edited", "wants/x.service"} <= files(tmp_path)


@pytest.fixture
def own(tmp_path: Path) -> list[Step]:
    """A folder of the plan with a file of the plan in it, and the state of the service."""
    place = PurePosixPath(tmp_path)
    return [
        Folder(place / "units", 0o755, ME, GROUP, "holds the unit"),
        File(place / "units/x.service", "ours", 0o644, ME, GROUP, "what runs"),
        Folder(place / "state", 0o700, ME, GROUP, "data", keep=True),
    ]


def test_a_folder_goes_after_what_is_in_it(own: list[Step], tmp_path: Path) -> None:
    list(run_steps(own, HERE))
    list(removal_lines(own, (), HERE, f"no-{ME}", purge=False))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_what_others_use_stays_and_what_is_to_outlive_the_service_goes_with_a_purge_only(tmp_path: Path) -> None:
    place = PurePosixPath(tmp_path)
    steps: list[Step] = [
        Link(place / "broker.service", place / "elsewhere", "others may have set it too", keep=True),
        File(place / "limits.conf", "x", 0o644, ME, GROUP, "the journal goes on without the service", outlives=True),
    ]
    list(run_steps(steps, HERE))
    list(removal_lines(steps, (), HERE, f"no-{ME}", purge=False))
    assert {path.name for path in tmp_path.iterdir()} == {"broker.service", "limits.conf"}
    list(removal_lines(steps, (), HERE, f"no-{ME}", purge=True))
    assert [path.name for path in tmp_path.iterdir()] == ["broker.service"]


def test_a_purge_empties_no_other_disk_to_which_a_folder_leads(own: list[Step], tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "disk/record").write_text("data")
    (tmp_path / "state").symlink_to(tmp_path / "disk")
    list(run_steps(own, HERE))
    said = list(removal_lines(own, (), HERE, f"no-{ME}", purge=True))
    assert files(tmp_path) == {"disk/record"} and said[0].startswith(SHARED)
    assert (tmp_path / "state").is_symlink() and not (tmp_path / "units").exists()


_PROGRAM = """#!/bin/sh
echo "$(basename "$0") $* |" $(cd {there} && ls -d state units/x.service 2>/dev/null) >> {log}
exit {code}
"""


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs of the system that note what they were called for and what of the installation was there; the folder of them."""
    folder = tmp_path_factory.mktemp("system")
    for name in ("systemctl", "id", "userdel"):
        program = folder / name
        program.write_text(_PROGRAM.format(there=tmp_path, log=folder / "log", code=0))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


def test_the_service_ends_before_its_files_go_and_its_user_goes_last(own: list[Step], system: Path) -> None:
    machine = Machine(Path("/"), has_systemd=True)
    list(run_steps(own, machine))
    said = list(removal_lines(own, ("x.service", "y.timer"), machine, "airgrid-x", purge=True))
    assert (system / "log").read_text().splitlines() == [
        "systemctl stop x.service y.timer | state units/x.service",
        "systemctl daemon-reload |",
        "id -u airgrid-x |",
        "userdel airgrid-x |",
    ]
    assert "x.service, y.timer" in said[0] and "airgrid-x" in said[-1]


def test_a_service_that_does_not_end_keeps_its_files(own: list[Step], system: Path, tmp_path: Path) -> None:
    (system / "systemctl").write_text("#!/bin/sh\necho 'it hangs' >&2\nexit 1\n")
    list(run_steps(own, HERE))
    with pytest.raises(InstallationError, match="it hangs"):
        list(removal_lines(own, ("x.service",), Machine(Path("/"), has_systemd=True), "airgrid-x", purge=True))
    assert files(tmp_path) == {"units/x.service"} and (tmp_path / "state").is_dir()


def test_without_a_purge_the_user_stays(own: list[Step], system: Path) -> None:
    machine = Machine(Path("/"), has_systemd=True)
    list(run_steps(own, machine))
    list(removal_lines(own, ("x.service",), machine, "airgrid-x", purge=False))
    assert "userdel" not in (system / "log").read_text()


KILLED = """
import sys
from pathlib import Path
from host.tests.killed_restore import killed_before
from host.tests.test_removal import files, install_in, remove

folder, killed = Path(sys.argv[1]), 0
while True:
    place = folder / str(killed)
    place.mkdir()
    install_in(place)
    was_killed = killed_before(killed, lambda: remove(place))
    remove(place)
    assert files(place) == {"edited", "state/record", "others", "ran"}, files(place)
    if not was_killed:
        break
    killed += 1
print(killed)
"""


@pytest.mark.hil
def test_a_kill_at_any_change_is_finished_by_the_next_run(tmp_path: Path) -> None:
    program = [sys.executable, "-c", KILLED, str(tmp_path)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2])
    assert (ended.returncode, int(ended.stdout or 0) >= 2) == (0, True), ended.stderr


def test_where_nothing_is_installed_no_service_is_stopped(own: list[Step], system: Path) -> None:
    machine = Machine(Path("/"), has_systemd=True)
    assert list(removal_lines(own, ("x.service",), machine, "airgrid-x", purge=False)) == []
    assert not (system / "log").exists()
