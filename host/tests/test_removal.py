"""An installation taken back: exactly what it placed; what people and the service wrote stays; and a cut is finished by the next run."""

import subprocess
import sys
from pathlib import Path

import pytest

from host.installation.removal import removal_lines
from host.installation.run import run_steps
from host.tests.test_installation import HERE, ME, steps_in


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
