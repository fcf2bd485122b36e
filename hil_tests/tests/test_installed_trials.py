"""New versions on trial, on a fresh machine with fleet service, gateway and a node, in the order of this file (make test-install)."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from hil_tests.installed_site import Site, booted_site, install_both, reporting_node
from hil_tests.other_version import (
    DELIVERS_NOTHING,
    ENDS_AT_ONCE,
    ENDS_WITH_A_DELIVERY,
    FLEET_ENDS_AT_ONCE,
    numbered,
    other_buffer,
    other_record,
    other_version,
)
from hil_tests.processes import wait_until
from tools.dist.targets import SUITES

pytestmark = pytest.mark.install

RECORD = "srv/record/fleet.sqlite"


@pytest.fixture(scope="module", params=[suite.name for suite in SUITES])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with booted_site(request.param, tmp_path_factory.mktemp(request.param)) as site:
        install_both(site)
        yield site


@pytest.fixture
def node(site: Site) -> Iterator[None]:
    with reporting_node(site):
        site.wait_for_more()
        yield


def test_a_version_that_ends_at_once_returns_by_itself(site: Site, node: None, tmp_path: Path) -> None:
    old = site.release()
    done = site.install(other_version(site.bundle, tmp_path, numbered("0.1.1"), ENDS_AT_ONCE), "gateway")
    assert done.returncode == 4, done.stdout
    assert "started again 5 times" in done.stdout and site.release() == old
    assert not any((site.machine.root / "opt/airgrid/releases").glob("0.1.1-*"))
    site.wait_for_all()


def test_a_version_that_delivers_nothing_returns_with_the_state_of_before_also_after_a_power_cut(
    site: Site, node: None, tmp_path: Path
) -> None:
    old = site.release()
    changed = other_version(site.bundle, tmp_path, numbered("0.1.2"), DELIVERS_NOTHING, other_buffer())
    installer = site.begin_install(changed, "gateway")
    site.wait_for_phase("judging")
    new = site.release()
    before = site.machine.root / f"var/lib/airgrid-gateway/before-{new}"
    assert new != old and (before / "buffer.sqlite").is_file()
    refused = site.machine.run("airgrid-gateway", "restore", "/root/no-such-copy")
    assert refused.returncode and "on trial" in refused.stdout
    assert "on trial" in site.machine.run("airgrid-gateway", "uninstall", "--yes").stdout
    installer.kill()
    installer.wait()
    site.machine.cut_power()
    site.trial().write_text(json.dumps(json.loads(site.trial().read_text()) | {"rounds_left": 3}))
    site.machine.boot()
    site.wait_for_phase("")
    outcome = site.outcome()
    assert site.release() == old and outcome["kept"] is False and "no receipt" in str(outcome["why"])
    aside = site.machine.root / f"var/lib/airgrid-gateway/made-by-{new}"
    assert (aside / "buffer.sqlite").is_file() and str(aside.name) in str(outcome["why"]) and not before.exists()


def test_after_that_return_reports_arrive_again(site: Site, node: None) -> None:
    site.wait_for_all()
    assert "no such table" not in site.machine.shell("journalctl -u airgrid-gateway --no-pager | tail -n 50")


def test_nothing_that_a_node_sent_during_a_trial_in_another_form_is_lost_with_its_return(site: Site, node: None, tmp_path: Path) -> None:
    old = site.release()
    changed = other_version(site.bundle, tmp_path, numbered("0.1.3"), DELIVERS_NOTHING, other_buffer())
    installer = site.begin_install(changed, "gateway")
    site.wait_for_phase("judging")
    site.hasten()
    assert installer.wait(180) == 4 and site.release() == old
    site.wait_for_all()
    boot = site.boots()[-1]
    assert boot["forgotten"] == 0 and boot["dropped"] == []


def test_an_update_in_the_middle_of_a_crash_loop_is_judged(site: Site, node: None, tmp_path: Path) -> None:
    bad = other_version(site.bundle, tmp_path / "bad", numbered("0.1.4"), ENDS_AT_ONCE)
    site.machine.shell("systemctl stop airgrid-gateway")
    done = site.install(bad, "gateway")
    assert done.returncode == 0 and "did not run, so this version is not on trial" in done.stdout
    site.machine.shell("systemctl start --no-block airgrid-gateway")
    state = "systemctl show -p ActiveState --value airgrid-gateway"
    wait_until(lambda: site.machine.shell(state).strip() == "activating", within_s=30, what="it tries again and again", every_s=0.2)
    done = site.install(site.bundle, "gateway")
    assert done.returncode == 0, done.stdout
    assert site.release().startswith("0.1.0-") and "a report and a receipt came" in site.outcome()["why"]
    site.wait_for_all()


@pytest.mark.parametrize(("step", "version"), [("made", "0.2.1"), ("on trial", "0.2.2"), ("in use", "0.2.3")])
def test_an_installer_killed_at_any_step_is_mended_by_running_it_again(
    site: Site, node: None, tmp_path: Path, step: str, version: str
) -> None:
    changed = other_version(site.bundle, tmp_path, numbered(version), other_buffer() if step == "in use" else {})
    installer = site.begin_install(changed, "gateway")
    releases = site.machine.root / "opt/airgrid/releases"
    reached = {
        "made": lambda: any((path / "bin/pip").exists() for path in releases.glob(f"{version}-*")),
        "on trial": lambda: bool(site.phase()),
        "in use": lambda: site.release().startswith(version),
    }
    wait_until(reached[step], within_s=240, what=step, every_s=0.01)
    # nsenter's child has become the installer.
    os.kill(int(Path(f"/proc/{installer.pid}/task/{installer.pid}/children").read_text().split()[0]), signal.SIGKILL)
    installer.wait()
    site.wait_for_phase("")
    assert not list((site.machine.root / "var/lib/airgrid-gateway").glob("before-*"))
    again = site.install(changed, "gateway")
    assert again.returncode == 0, again.stdout
    assert site.release().startswith(f"{version}-")
    site.wait_for_all()


def test_a_version_that_ran_before_its_change_was_whole_goes_and_the_copy_comes_back(site: Site, node: None, tmp_path: Path) -> None:
    old = site.release()
    changed = other_version(site.bundle, tmp_path, numbered("0.2.4"), other_buffer(2))  # one step beyond the one that is kept
    installer = site.begin_install(changed, "gateway")
    wait_until(lambda: site.release() != old, within_s=240, what="the new version is in use", every_s=0.01)
    os.kill(int(Path(f"/proc/{installer.pid}/task/{installer.pid}/children").read_text().split()[0]), signal.SIGKILL)
    site.machine.cut_power()
    installer.wait()
    assert site.phase() == "switched"
    with (site.machine.root / "opt/airgrid/gateway.lock").open("w") as lock:
        flock(lock, LOCK_EX)  # so that the judge passes at this boot, and what is in use starts
        site.machine.boot()
        wait_until(lambda: has_changed_buffer(site), within_s=120, what="the new version has changed its tables", every_s=0.2)
        assert site.phase() == "switched"
    site.wait_for_phase("")
    assert site.release() == old and not has_changed_buffer(site)
    assert list((site.machine.root / "var/lib/airgrid-gateway").glob("made-by-0.2.4-*"))
    with reporting_node(site):  # the one before has gone with the network of the machine
        site.wait_for_all()


def test_a_record_in_another_folder_is_copied_there_and_comes_back(site: Site, node: None, tmp_path: Path) -> None:
    drop_in = "/etc/systemd/system/airgrid-fleet.service.d"
    site.machine.shell(
        f"""systemctl stop airgrid-fleet
        install -d -o airgrid-fleet -g airgrid-fleet -m 700 /srv/record
        mv /var/lib/airgrid-fleet/fleet.sqlite* /srv/record/
        echo 'db = "sqlite:////{RECORD}"' >>/etc/airgrid/fleet.toml
        mkdir {drop_in}; printf '[Service]\nReadWritePaths=/srv/record\n' >{drop_in}/record.conf
        systemctl daemon-reload; systemctl start airgrid-fleet"""
    )
    site.wait_for_all()
    old, form = site.release("fleet"), revision(site)
    changed = other_version(site.bundle, tmp_path, numbered("0.3.1"), FLEET_ENDS_AT_ONCE, other_record("9998"))
    done = site.install(changed, "fleet")
    assert done.returncode == 4 and "/srv/record/made-by-0.3.1-" in done.stdout, done.stdout
    assert (site.release("fleet"), revision(site)) == (old, form)
    site.wait_for_all()


def test_a_fleet_that_took_a_delivery_in_another_form_stays_also_when_it_ends_again_and_again(
    site: Site, node: None, tmp_path: Path
) -> None:
    changed = other_version(site.bundle, tmp_path / "bad", numbered("0.3.2"), ENDS_WITH_A_DELIVERY, other_record("9998"))
    done = site.install(changed, "fleet")
    assert done.returncode == 5, done.stdout
    assert "in use all the same" in done.stdout and "gateways have let go" in done.stdout
    assert site.release("fleet").startswith("0.3.2-") and revision(site) == "9998"
    assert (site.outcome("fleet")["kept"], site.outcome("fleet")["proved"]) == (True, False)
    again = site.install(other_version(site.bundle, tmp_path / "good", numbered("0.3.3"), other_record("9998")), "fleet")
    assert again.returncode == 0, again.stdout
    site.wait_for_all()


def test_where_both_change_their_form_each_is_judged_by_itself(site: Site, node: None, tmp_path: Path) -> None:
    gateway = site.release()
    changed = other_version(site.bundle, tmp_path, numbered("0.4.0"), DELIVERS_NOTHING, other_buffer(2), other_record("9998", "9999"))
    of_gateway = site.begin_install(changed, "gateway")
    site.wait_for_phase("judging")
    of_fleet = site.begin_install(changed, "fleet")
    site.wait_for_phase("judging", "fleet")
    site.hasten()
    assert of_gateway.wait(240) == 4 and site.release() == gateway
    # Only now does a gateway deliver: the fleet had nothing to prove itself by.
    assert of_fleet.wait(240) == 0 and site.release("fleet").startswith("0.4.0-") and revision(site) == "9999"
    site.wait_for_all()


def has_changed_buffer(site: Site) -> bool:
    """Of the gateway: it has the table of a form two steps newer."""
    with closing(sqlite3.connect(f"file:{site.machine.root / 'var/lib/airgrid-gateway/buffer.sqlite'}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'of_this_version_1'").fetchone()[0])


def revision(site: Site) -> str:
    """Of the record of the fleet."""
    with closing(sqlite3.connect(f"file:{site.machine.root / RECORD}?mode=ro", uri=True)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
