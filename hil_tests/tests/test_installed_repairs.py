"""docs/handbook/broken.md, followed literally on a fresh machine with fleet service, gateway and a node (make test-install)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.tests.certificates import write_pair
from hil_tests.handbook import blocks, failures, filled, one_by_one, section
from hil_tests.installed_site import FLEET_URL, Site, booted_site, install_both, reporting_node
from hil_tests.source_tree import CHECKOUT
from tools.dist.targets import SUITES

pytestmark = pytest.mark.install

BOOK = (CHECKOUT / "docs/handbook/broken.md").read_text()
# What `doctor` rightly says of a machine whose clock nobody keeps.
EXPECTED_OF_DOCTOR = {"clock"}


@pytest.fixture(scope="module", params=[suite.name for suite in SUITES])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with booted_site(request.param, tmp_path_factory.mktemp(request.param)) as site:
        install_both(site)
        site.machine.shell("airgrid-gateway backup /root/gateway.tar; airgrid-fleet backup /root/fleet.tar")
        yield site


@pytest.fixture
def node(site: Site) -> Iterator[None]:
    with reporting_node(site):
        yield


def test_a_lost_pin(site: Site, node: None) -> None:
    file = site.machine.root / "etc/airgrid/gateway.toml"
    file.write_text(re.sub(r"(?m)^pin = .*$", 'pin = "135790"', file.read_text()))
    follow(site, "The PIN is lost", {})
    assert "135790" in file.read_text()
    site.wait_for_more()


def test_a_new_card_with_a_copy(site: Site, node: None) -> None:
    site.machine.shell("airgrid-gateway uninstall --purge --yes")
    assert site.install(site.bundle, "gateway", "--fleet", FLEET_URL).returncode == 0
    restore = blocks(section(BOOK, "The SD card is dead, or new"))[0]
    run(site, restore, {"COPY": "/root/gateway.tar"})
    site.wait_for_more()


def test_a_gateway_that_the_fleet_refuses(site: Site, node: None) -> None:
    code = json.loads(site.api("gateways/gw-east/enrolment", "-d", '{"reason": "new SD card"}'))["enrolment_code"]
    enrol = blocks(section(BOOK, "The SD card is dead, or new"))[1]
    run(site, enrol, {"CODE": code})
    site.wait_for_more()


def test_a_full_disk(site: Site, node: None) -> None:
    follow(site, "The disk is full", {})
    site.wait_for_more()


def test_an_expired_certificate(site: Site, node: None, tmp_path: Path) -> None:
    for file in write_pair(tmp_path):
        (site.machine.root / "root" / file.name).write_bytes(file.read_bytes())
    follow(site, "The certificate has expired", {"CERTIFICATE": "/root/certificate.pem", "KEY": "/root/key.pem"})
    installed = site.machine.root / "etc/airgrid/fleet-certificate.pem"
    assert installed.read_bytes() == (tmp_path / "certificate.pem").read_bytes()
    site.wait_for_more()


def test_a_lost_admin_token(site: Site, node: None) -> None:
    said = follow(site, "The admin token is lost", {"NAME": "anna"})
    old, site.token = site.token, re.findall(r"^aga_\S+$", said, re.MULTILINE)[0]
    assert site.api("gateways") and old != site.token
    site.wait_for_more()


def test_a_damaged_record(site: Site, node: None) -> None:
    (site.machine.root / "var/lib/airgrid-fleet/fleet.sqlite").write_bytes(b"no database" * 500)
    follow(site, "The fleet's machine is dead, or its record is damaged", {"COPY": "/root/fleet.tar"})
    site.token = site.machine.shell("sudo -u airgrid-fleet airgrid-fleet token create bea").split()[-1]
    site.wait_for_fleet()
    # The code of the new card came after the copy, so that the fleet refuses the gateway: the table of the book says what to do.
    code = json.loads(site.api("gateways/gw-east/enrolment", "-d", '{"reason": "older copy"}'))["enrolment_code"]
    run(site, blocks(section(BOOK, "The SD card is dead, or new"))[1], {"CODE": code})
    site.wait_for_more()


def follow(site: Site, heading: str, words: dict[str, str]) -> str:
    """Every block below the heading."""
    return "".join(run(site, block, words) for block in blocks(section(BOOK, heading)))


def run(site: Site, block: str, words: dict[str, str]) -> str:
    said = site.machine.run("sh", "-c", "cd /root\n" + one_by_one(filled(block, words)), limit_s=300).stdout
    faults = set(re.findall(r"^FAULT\s+([\w ]+):", said, re.MULTILINE))
    wrong = [line for line in failures(said) if not (" doctor" in line and faults <= EXPECTED_OF_DOCTOR)]
    assert not wrong, said
    return said
