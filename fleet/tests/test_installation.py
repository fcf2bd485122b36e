"""What `airgrid-fleet install` writes: complete, twice the same, kept where people write, readable by the service itself."""

import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner

from fleet.cli import app
from fleet.errors import ConfigurationError
from fleet.installation.install_plan import CONFIGURATION, KEY, SERVICE, STATE, Choices, plan
from fleet.option_file import read_options
from fleet.options import Configuration
from fleet.tests.certificates import write_pair
from host.installation.run import Machine, Outcome, run_steps
from host.installation.steps import Command, File

PROGRAM = PurePosixPath("/opt/airgrid/fleet/bin/airgrid-fleet")
WORST_EXPOSURE = 1.5


@pytest.fixture(autouse=True)
def below_opt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever this checkout lies."""
    monkeypatch.setattr(sys, "prefix", "/opt/airgrid/releases/0.0.0")


def install(root: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["install", "--root", str(root), *arguments])
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def written(root: Path, path: PurePosixPath) -> Path:
    return root / path.relative_to("/")


def configuration_below(root: Path) -> Configuration:
    return Configuration(**read_options(written(root, CONFIGURATION)))


def test_twice_is_once(tmp_path: Path) -> None:
    for expected in ({Outcome.CREATE, Outcome.LEFT}, {Outcome.KEEP, Outcome.YOURS, Outcome.LEFT}):
        assert {outcome for _, outcome in run_steps(plan(Choices(PROGRAM)), Machine.at(tmp_path))} == expected


def test_the_file_is_a_valid_configuration_that_listens_on_this_machine_only(tmp_path: Path) -> None:
    assert install(tmp_path)[0] == 0
    made = configuration_below(tmp_path)
    assert (made.state, made.host, made.port) == (Path(STATE), "127.0.0.1", 8080)
    assert written(tmp_path, CONFIGURATION).stat().st_mode & 0o777 == 0o640


def test_every_option_stands_in_the_file_with_what_it_means(tmp_path: Path) -> None:
    install(tmp_path)
    lines = written(tmp_path, CONFIGURATION).read_text().splitlines()
    for name in Configuration.model_fields:
        at = next(index for index, line in enumerate(lines) if line.lstrip("#").startswith(f"{name} ="))
        assert re.match(r"# \w", lines[at - 1]), name


def test_every_line_of_the_file_may_be_used_as_it_stands(tmp_path: Path) -> None:
    install(tmp_path)
    path = written(tmp_path, CONFIGURATION)
    # Those without a default have nothing behind the "=".
    lines = [line.removeprefix("#") for line in path.read_text().splitlines() if re.match(r"#?\w+ = .", line)]
    path.write_text("\n".join(lines))
    assert configuration_below(tmp_path) == Configuration(state=Path(STATE))


def test_a_certificate_opens_it_to_the_network(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path)
    code, said = install(tmp_path / "root", "--certificate", str(certificate), "--key", str(key))
    assert (code, "https://<this machine>:8443/" in said) == (0, True), said
    made = configuration_below(tmp_path / "root")
    assert (made.host, made.port, made.tls_key) == ("0.0.0.0", 8443, Path(KEY))
    assert written(tmp_path / "root", KEY).read_text() == key.read_text()
    assert written(tmp_path / "root", KEY).stat().st_mode & 0o777 == 0o640


def test_a_certificate_and_a_key_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    certificate, key = write_pair(tmp_path / "a")[0], write_pair(tmp_path / "b")[1]
    for arguments in (
        ("--certificate", str(certificate), "--key", str(key)),
        ("--certificate", str(certificate)),
        ("--key", str(key)),
        ("--certificate", str(key), "--key", str(certificate)),
        ("--certificate", str(tmp_path / "none"), "--key", str(key)),
    ):
        code, said = install(tmp_path / "root", *arguments)
        assert code != 0 and ("pair" in said or "come together" in said or "No such file" in said), said
    assert not (tmp_path / "root").exists()


def test_a_second_run_keeps_what_people_edited_and_says_what_it_did_not_write(tmp_path: Path) -> None:
    install(tmp_path)
    edited = written(tmp_path, CONFIGURATION)
    edited.write_text(edited.read_text().replace("PORT=8080", "PORT=9090"))
    before = edited.read_text()
    code, said = install(tmp_path, "--port", "8081", "--behind-tls-proxy")
    assert (code, edited.read_text()) == (0, before)
    assert "port = 8081" in said and "behind_tls_proxy = true" in said and "restart" in said
    assert "stays as it is" not in install(tmp_path)[1]


def test_a_dry_run_writes_nothing_and_refuses_as_a_real_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = install(tmp_path, "--dry-run")
    assert (code, list(tmp_path.iterdir())) == (0, [])
    assert {line.split()[0] for line in said.splitlines()[1::2]} == {"create", "leave"}
    monkeypatch.setattr(sys, "prefix", "/home/pi/airgrid")
    for options in ((), ("--dry-run",)):
        code, said = install(tmp_path, *options)
        assert code != 0 and "sudo ./install fleet" in said


def test_no_secret_is_readable_by_everybody(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path)
    pair = certificate.read_text(), key.read_text()
    assert not [s for s in plan(Choices(PROGRAM, pair)) if isinstance(s, File) and pair[1] in s.content and s.mode & 0o007]


def test_the_key_is_made_by_the_user_of_the_service_and_once() -> None:
    (init,) = [step for step in plan(Choices(PROGRAM)) if isinstance(step, Command) and "init" in step.words]
    assert init.words[:4] == ("runuser", "-u", SERVICE, "--")
    assert init.unless == ("test", "-e", "/var/lib/airgrid-fleet/configuration.key")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("port 8080", "line 1"),
        ("\n# x\nhost = 127.0.0.1", "line 3"),
        ("port = 1\nport = 2", "Cannot overwrite a value"),
        ("port = '\xff'", "UTF-8"),
        ("port = " + "[" * 100_000, "lists within lists"),
    ],
)
def test_a_line_that_is_no_option_is_refused_with_its_number(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=fault):
        read_options(tmp_path / "fleet.toml")


def test_an_unknown_option_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(f"state = '{tmp_path}'\nprot = 1\n")
    result = CliRunner().invoke(app, ["run", "--config", str(tmp_path / "fleet.toml")])
    assert result.exit_code != 0 and "prot: there is no such option -> remove it, or correct its name: did you mean port?" in str(
        result.exception
    )


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    # systemd asks for a program that exists; which one it is does not matter to it.
    list(run_steps(plan(Choices(PurePosixPath("/bin/true"))), Machine.at(tmp_path)))
    return tmp_path / "etc/systemd/system/airgrid-fleet.service"


@pytest.mark.hil
def test_systemd_finds_no_fault_in_the_unit(unit: Path) -> None:
    found = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (found.returncode, [line for line in (found.stdout + found.stderr).splitlines() if "airgrid" in line]) == (0, [])


@pytest.mark.hil
def test_what_the_service_could_do_to_the_machine_is_little(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", str(unit)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", shown)
    assert exposure is not None and float(exposure[1]) <= WORST_EXPOSURE, shown


def test_the_unit_has_limits(unit: Path) -> None:
    assert {line.split("=")[0] for line in unit.read_text().splitlines()} >= {"LimitNOFILE", "MemoryMax", "TasksMax", "WatchdogSec"}


def test_uninstall_keeps_record_and_configuration_unless_it_purges(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path)
    root = tmp_path / "root"
    install(root, "--certificate", str(certificate), "--key", str(key))
    written(root, STATE / "fleet.sqlite").write_text("record")
    for options, left in (((), {"fleet.toml", "fleet-certificate.pem", "fleet-key.pem", "fleet.sqlite"}), (("--purge", "--yes"), set())):
        result = CliRunner().invoke(app, ["uninstall", "--root", str(root), *options])
        assert result.exit_code == 0, result.output
        assert {path.name for path in root.rglob("*") if path.is_file() and path.name != "lock"} == left


def test_uninstall_where_nothing_is_installed_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["uninstall", "--root", str(tmp_path)])
    assert (result.exit_code, result.output) == (0, f"airgrid-fleet is not installed below {tmp_path}: nothing was removed\n")
