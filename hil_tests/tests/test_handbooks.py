"""The handbooks, followed literally on fresh machines: each command as it stands, from the bundle's archive alone (make test-install)."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.fresh_machine import FreshMachine, debian_root, why_not
from hil_tests.handbook import blocks, failures, filled, one_by_one, placeholders
from hil_tests.processes import wait_until
from tools.dist.targets import SUITES
from tools.setup.steps import CHECKOUT

HANDBOOKS = CHECKOUT / "docs" / "handbook"
URL = "http://127.0.0.1:8080"
# What `doctor` rightly says of a machine without a clock that anybody keeps, and of a district that begins.
EXPECTED_OF_DOCTOR = {"clock"}
SETTINGS = {"sensors": [{"slot": 0, "part": "pms5003", "port": 0}]}


def test_words_are_filled_in_where_they_stand_alone() -> None:
    words = {"CODE": "A-1", "FLEET_URL": "http://f"}
    assert filled("enrol --code CODE; x FLEET_URL/api $CODE BARCODE", words) == "enrol --code A-1; x http://f/api $CODE BARCODE"


def test_a_command_that_fails_is_named() -> None:
    said = subprocess.run(["sh", "-c", one_by_one("true\nfalse 'a b'\n")], capture_output=True, text=True, check=True).stdout
    assert failures(said) == ["false 'a b'"]


@pytest.mark.parametrize("name", ["fleet.md", "gateway.md", "technician.md"])
def test_every_word_in_capitals_that_a_command_needs_is_explained(name: str) -> None:
    text = (HANDBOOKS / name).read_text()
    used = {word for block in blocks(text) for word in re.findall(r"(?<![\w$'{/-])[A-Z][A-Z_]{2,}(?![\w=])", block)}
    assert used - {"FILE", "DIR"} <= placeholders(text)


@pytest.fixture(params=[suite.name for suite in SUITES])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FreshMachine]:
    refusal = why_not()
    assert refusal is None, refusal
    suite = request.param
    archives = sorted((CHECKOUT / "build" / "dist").glob(f"airgrid-*-{suite}-x86_64.tar.gz"))
    assert archives, f"no bundle for {suite}: make dist SUITE={suite} ARCH=x86_64"
    fresh = FreshMachine(debian_root(suite, tmp_path / "root", CHECKOUT / "build" / "fresh-machines"))
    shutil.copy(archives[-1], fresh.root / "root")
    fresh.boot()
    try:
        yield fresh
    finally:
        fresh.cut_power()
        shutil.rmtree(fresh.root, ignore_errors=True)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[VirtualBoard]:
    """On the table: with MicroPython, a blank flash, and nothing on its ports."""
    (tmp_path / "board").mkdir()
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708") as made:
        made.start()
        yield made


@pytest.mark.install
def test_from_an_empty_machine_to_a_gateway_that_forwards(machine: FreshMachine) -> None:
    bundle = next((machine.root / "root").glob("airgrid-*.tar.gz")).name.removesuffix(".tar.gz")
    words = {"BUNDLE": bundle, "FLEET_URL": URL, "NAME": "anna", "SITE": "east-gate", "GATEWAY": "gw-east"}
    install, first_site, *rest = blocks((HANDBOOKS / "fleet.md").read_text())
    said = _follow(machine, install, words)
    words["TOKEN"] = re.findall(r"^aga_\S+$", said, re.MULTILINE)[0]
    wait_until(lambda: _answers(machine), within_s=60, what="the fleet answers", every_s=0.5)
    answers = subprocess.run(machine.outside("sh", "-ec", filled(first_site, words)), capture_output=True, text=True, check=True).stdout
    words["CODE"] = re.findall(r'"enrolment_code": ?"([^"]+)"', answers)[0]
    for block in [*rest, *blocks((HANDBOOKS / "gateway.md").read_text())]:
        _follow(machine, block, words)
    state = machine.shell("sudo -u airgrid airgrid-gateway status --json 2>/dev/null")
    assert json.loads(state)["gateway"] == "gw-east"


@pytest.mark.install
def test_from_a_blank_board_to_a_node_that_the_fleet_knows(machine: FreshMachine, board: VirtualBoard) -> None:
    bundle = next((machine.root / "root").glob("airgrid-*.tar.gz")).name.removesuffix(".tar.gz")
    words = {"BUNDLE": bundle, "FLEET_URL": URL, "NAME": "anna", "SITE": "east-gate", "GATEWAY": "gw-east"}
    install, first_site, *_ = blocks((HANDBOOKS / "fleet.md").read_text())
    said = _follow(machine, install, words)
    words["TOKEN"] = re.findall(r"^aga_\S+$", said, re.MULTILINE)[0]
    wait_until(lambda: _answers(machine), within_s=60, what="the fleet answers", every_s=0.5)
    subprocess.run(machine.outside("sh", "-ec", filled(first_site, words)), capture_output=True, check=True)
    machine.shell(f"/root/{bundle}/install node", limit_s=600)
    (machine.root / "root/pms5003.json").write_text(json.dumps(SETTINGS))
    words |= {"PORT": machine.plug_in(board.port, "ttyUSB0"), "BOARD": "virtual", "NODE": "n-0001", "BROKER": "127.0.0.1"}
    words |= {"SSID": "school", "WIFI_PASSWORD": "long enough", "SETTINGS": "pms5003.json"}
    (new_node,) = blocks((HANDBOOKS / "technician.md").read_text())
    said = machine.run("sh", "-c", "cd /root\n" + one_by_one(filled(new_node, words)), limit_s=300).stdout
    # The self-test is what says that this board has neither sensor nor broker; all that was before it went well.
    assert failures(said) == [f"airgrid-node console {words['PORT']} selftest"] and re.search(r"sensors\W+NO", said), said
    ask = f"curl -sS -f -H 'Authorization: Bearer {words['TOKEN']}' {URL}/api/v1/nodes/n-0001"
    node = json.loads(subprocess.run(machine.outside("sh", "-ec", ask), capture_output=True, text=True, check=True).stdout)
    assert node["gateway"] == "gw-east"


def _follow(machine: FreshMachine, block: str, words: dict[str, str]) -> str:
    said = machine.run("sh", "-c", "cd /root\n" + one_by_one(filled(block, words)), limit_s=900).stdout
    wrong = [line for line in failures(said) if not (" doctor" in line and _faults_of_doctor(said) <= EXPECTED_OF_DOCTOR)]
    assert not wrong, said
    return said


def _faults_of_doctor(said: str) -> set[str]:
    return set(re.findall(r"^FAULT\s+([\w ]+):", said, re.MULTILINE))


def _answers(machine: FreshMachine) -> bool:
    return subprocess.run(machine.outside("curl", "-sf", f"{URL}/healthz"), capture_output=True, check=False).returncode == 0
