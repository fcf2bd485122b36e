"""What `airgrid-gateway install` writes: complete, twice the same, kept where people write, and with the modes that it promises."""

import re
import shlex
import sys
import tomllib
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner

from gateway import configuration
from gateway.command.cli import app
from gateway.command.installing import missing_lines
from gateway.installation.install_plan import BROKER_FOLDER, CONFIGURATION, STATE, Choices, faults, plan
from gateway.installation.present import Present, present_on
from gateway.web.own_requests import names_of
from host.installation.run import Machine, Outcome, run_steps
from host.installation.steps import Command, File, Folder

CHOICES = Choices(
    PurePosixPath("/opt/airgrid/bin/airgrid-gateway"), "https://fleet.example", ("dialout", "gpio"), "0123456789abcdef", "246810"
)


def _outcomes(root: Path) -> dict[str, Outcome]:
    return {str(step.path): outcome for step, outcome in run_steps(plan(CHOICES), Machine.at(root)) if not isinstance(step, Command)}


def _below(root: Path, path: PurePosixPath) -> Path:
    return root / path.relative_to("/")


def test_the_first_time_everything_is_made_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    first, second = _outcomes(tmp_path), _outcomes(tmp_path)
    assert set(first.values()) == {Outcome.CREATE}
    assert set(second.values()) == {Outcome.KEEP, Outcome.YOURS}


def test_the_configuration_that_it_writes_is_valid_and_names_the_same_places(tmp_path: Path) -> None:
    _outcomes(tmp_path)
    made = configuration.validate(tomllib.loads(_below(tmp_path, CONFIGURATION).read_text()))
    assert made.state == Path(STATE)
    assert (made.fleet.url, made.mqtt.access_folder, made.web.pin) == ("https://fleet.example", str(BROKER_FOLDER), "246810")
    assert made.mqtt.port != CHOICES.mqtt_port, "the gateway has a port of its own at the broker"


def test_the_page_answers_to_the_names_of_the_machine(tmp_path: Path) -> None:
    list(run_steps(plan(replace(CHOICES, names="gw-12, gw-12.local")), Machine.at(tmp_path)))
    made = configuration.validate(tomllib.loads(_below(tmp_path, CONFIGURATION).read_text()))
    assert names_of(made.web.names) == {"gw-12", "gw-12.local"}


def test_what_people_edited_stays_and_what_they_damaged_is_mended(tmp_path: Path) -> None:
    _outcomes(tmp_path)
    edited, unit = _below(tmp_path, CONFIGURATION), tmp_path / "etc/systemd/system/airgrid-gateway.service"
    edited.write_text("# mine")
    unit.write_text("[Service]")
    edited.chmod(0o644)
    again = _outcomes(tmp_path)
    assert edited.read_text() == "# mine"
    assert again["/etc/systemd/system/airgrid-gateway.service"] is Outcome.CHANGE and "WatchdogSec" in unit.read_text()
    assert edited.stat().st_mode & 0o777 == 0o640, "others could read the password again"


@pytest.mark.parametrize("step", [s for s in plan(CHOICES) if isinstance(s, File | Folder)], ids=lambda step: str(step.path))
def test_every_file_and_folder_has_its_mode(step: File | Folder, tmp_path: Path) -> None:
    _outcomes(tmp_path)
    assert _below(tmp_path, step.path).stat().st_mode & 0o7777 == step.mode


def test_no_secret_is_readable_by_everybody() -> None:
    secret = (CHOICES.broker_password, CHOICES.pin)
    open_files = [s for s in plan(CHOICES) if isinstance(s, File) and s.mode & 0o007]
    assert not [str(step.path) for step in open_files if any(word in step.content for word in secret)]


def test_no_placeholder_is_left() -> None:
    assert not [str(s.path) for s in plan(CHOICES) if isinstance(s, File) and re.search(r"\{\w*\}|\{\{", s.content)]


def _install(*options: str, root: Path, code: int = 0) -> str:
    ended = CliRunner().invoke(app, ["install", "--root", str(root), *options])
    assert ended.exit_code == code, ended.output
    return ended.output


FLEET = ("--fleet", "https://fleet.example")


@pytest.fixture
def below_opt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever this checkout lies."""
    monkeypatch.setattr(sys, "prefix", "/opt/airgrid/releases/0.0.0")


def test_a_program_that_the_service_could_not_see_is_refused_with_the_command_of_the_bundle() -> None:
    found = faults(replace(CHOICES, program=PurePosixPath("/root/x")))
    assert "sudo ./install gateway --fleet https://fleet.example" in found[0]


def test_a_dry_run_refuses_what_a_real_run_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/root/airgrid/.venv")
    said = [_install(*FLEET, *options, root=tmp_path, code=2) for options in ((), ("--dry-run",))]
    assert all("services may not look into /root" in text for text in said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("below_opt")
def test_a_dry_run_says_of_each_step_what_it_is_and_what_for(tmp_path: Path) -> None:
    said = _install(*FLEET, "--dry-run", root=tmp_path)
    lines = said.splitlines()[1:]
    assert len(lines) == 2 * len(plan(CHOICES)), "two lines a step"
    assert {line.split()[0] for line in lines[::2]} == {"create", "leave"}, "nothing is there that could be kept"
    assert all(step.why in said for step in plan(CHOICES))
    assert f"create  {BROKER_FOLDER}/access  (airgrid:mosquitto, 0640)" in said
    assert list(tmp_path.iterdir()) == [], "nothing is changed"


@pytest.mark.usefixtures("below_opt")
def test_a_dry_run_over_an_installation_keeps_all_of_it(tmp_path: Path) -> None:
    _install(*FLEET, root=tmp_path)
    said = _install("--dry-run", root=tmp_path)
    assert {line.split()[0] for line in said.splitlines()[1::2]} == {"keep", "leave"}


@pytest.mark.usefixtures("below_opt")
def test_another_fleet_address_is_not_written_and_that_is_said(tmp_path: Path) -> None:
    _install(*FLEET, root=tmp_path)
    for options in ((), ("--dry-run",)):
        said = _install("--fleet", "https://other.example", *options, root=tmp_path)
        assert "The fleet stays https://fleet.example" in said and "edit [fleet] url" in said
    made = tomllib.loads(_below(tmp_path, CONFIGURATION).read_text())
    assert made["fleet"]["url"] == "https://fleet.example"


@pytest.mark.parametrize(("listed", "missing"), [("", "gw-12, gw-12.local"), ("GW-12", "gw-12.local"), ("box, gw-12, gw-12.local", None)])
def test_names_that_the_page_of_an_earlier_installation_refuses_are_said(listed: str, missing: str | None) -> None:
    said = "\n".join(missing_lines(Present("https://fleet.example", "refused", listed), "gw-12, gw-12.local", has_nft=True))
    assert (f"such as {missing};" in said and "[web] names" in said) if missing else said == ""


def test_the_first_installation_writes_the_names_and_says_nothing_of_them() -> None:
    assert list(missing_lines(None, "gw-12", has_nft=True)) == []


@pytest.mark.parametrize(("web", "names"), [("", ""), ("[web]", ""), ('[web]\nnames = "a, b"', "a, b")])
def test_the_names_of_an_earlier_installation_are_read_from_its_file(web: str, names: str, tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(f'[fleet]\nurl = "https://f"\n{web}\n')
    present = present_on(path)
    assert present is not None and present.names == names


@pytest.mark.usefixtures("below_opt")
def test_the_address_is_needed_the_first_time_only(tmp_path: Path) -> None:
    assert "--fleet" in _install(root=tmp_path, code=2)
    _install(*FLEET, root=tmp_path)
    assert "The fleet stays" not in _install(root=tmp_path)


@pytest.mark.usefixtures("below_opt")
@pytest.mark.parametrize("content", ["[fleet", "[fleet]\n", "fleet = 1\n", "[fleet]\nurl = 5\n"])
def test_a_configuration_that_is_damaged_stops_the_installation(content: str, tmp_path: Path) -> None:
    _below(tmp_path, CONFIGURATION).parent.mkdir(parents=True)
    _below(tmp_path, CONFIGURATION).write_text(content)
    assert "install again" in _install(*FLEET, root=tmp_path, code=1)
    assert _below(tmp_path, CONFIGURATION).read_text() == content


@pytest.mark.usefixtures("below_opt")
def test_below_another_root_the_commands_are_said_that_the_machine_has_to_run(tmp_path: Path) -> None:
    said = _install(*FLEET, root=tmp_path)
    commands = [step for step in plan(CHOICES) if isinstance(step, Command)]
    left = said.split("as root, in this order:\n")[1].splitlines()[: len(commands)]
    assert left[1] == (
        "  id -u airgrid || useradd --system --home-dir /var/lib/airgrid-gateway --shell /usr/sbin/nologin --user-group airgrid"
    )
    assert all(shlex.join(command.words) in line for command, line in zip(commands, left, strict=True))


@pytest.mark.usefixtures("below_opt")
def test_units_run_the_version_in_use_and_start_at_boot(tmp_path: Path) -> None:
    _install(*FLEET, root=tmp_path)
    units = tmp_path / "etc/systemd/system"
    assert "ExecStart=/opt/airgrid/gateway/bin/airgrid-gateway run" in (units / "airgrid-gateway.service").read_text()
    assert {path.name for path in (units / "multi-user.target.wants").iterdir()} == {
        "airgrid-broker-access.path", "airgrid-broker-limits.service", "airgrid-gateway.service", "mosquitto.service",
    }  # fmt: skip


@pytest.mark.usefixtures("below_opt")
def test_a_fleet_on_another_machine_without_tls_is_refused_until_it_is_allowed_in_so_many_words(tmp_path: Path) -> None:
    plain = ("--fleet", "http://fleet.example")
    assert "reads and changes everything" in _install(*plain, root=tmp_path, code=2)
    assert "a real run refuses" in _install(*plain, "--dry-run", root=tmp_path, code=2)
    assert list(tmp_path.iterdir()) == []
    _install(*plain, "--plain-http", root=tmp_path)
    made = configuration.validate(tomllib.loads(_below(tmp_path, CONFIGURATION).read_text()))
    assert (made.fleet.url, made.fleet.plain_http) == ("http://fleet.example", "allowed")
    _install(root=tmp_path)


@pytest.mark.usefixtures("below_opt")
@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_a_fleet_on_this_machine_needs_no_tls(url: str, tmp_path: Path) -> None:
    _install("--fleet", url, root=tmp_path)


def _uninstall(root: Path, *options: str, typed: str = "") -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["uninstall", "--root", str(root), *options], input=typed)
    return ended.exit_code, ended.output


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


@pytest.mark.usefixtures("below_opt")
def test_uninstall_keeps_state_and_configuration_and_removes_the_rest(tmp_path: Path) -> None:
    _install(*FLEET, root=tmp_path)
    _below(tmp_path, STATE / "identity.json").write_text("{}")
    code, said = _uninstall(tmp_path)
    assert code == 0, said
    assert _files(tmp_path) - {"var/lib/airgrid-gateway/lock"} == {
        "etc/airgrid/gateway.toml", "var/lib/airgrid-gateway/identity.json", "var/lib/airgrid-broker/passwords",
        "etc/systemd/system/multi-user.target.wants/mosquitto.service",
    }  # fmt: skip
    assert "stays" in said and "--purge" in said


@pytest.mark.usefixtures("below_opt")
@pytest.mark.parametrize("typed", ["n\n", "y\nno\n", ""])
def test_a_purge_that_is_not_meant_deletes_nothing(typed: str, tmp_path: Path) -> None:
    _install(*FLEET, root=tmp_path)
    before = _files(tmp_path)
    code, _ = _uninstall(tmp_path, "--purge", typed=typed)
    assert (code, _files(tmp_path)) == (1, before)


@pytest.mark.usefixtures("below_opt")
@pytest.mark.parametrize(("options", "typed"), [((), "y\ndelete\n"), (("--yes",), "")])
def test_a_purge_leaves_nothing_of_ours(options: tuple[str, ...], typed: str, tmp_path: Path) -> None:
    _install(*FLEET, root=tmp_path)
    code, said = _uninstall(tmp_path, "--purge", *options, typed=typed)
    assert (code, _files(tmp_path)) == (0, {"etc/systemd/system/multi-user.target.wants/mosquitto.service"}), said


def test_uninstall_where_nothing_is_installed_says_so(tmp_path: Path) -> None:
    assert _uninstall(tmp_path) == (0, f"airgrid-gateway is not installed below {tmp_path}: nothing was removed\n")
