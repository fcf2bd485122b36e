"""Limits of connections to the broker that the kernel keeps: the rules as nft reads them, and against real connections in a network of its
own. Needs root and nft."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command.cli import app
from gateway.command.doctor_broker_limits import kernel_limits_finding
from gateway.installation.install_plan import BROKER_RULES, BY_ADDRESS, plan
from gateway.tests.test_installation import CHOICES, FLEET
from host.installation.run import Machine, run_steps

NFT = shutil.which("nft", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NAMESPACE = shutil.which("unshare")
needs_nft = pytest.mark.skipif(NFT is None or NAMESPACE is None or os.geteuid() != 0, reason="needs nft, unshare and root")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    list(run_steps(plan(CHOICES), Machine.at(tmp_path)))
    return tmp_path / BROKER_RULES.relative_to("/")


def alone(*command: str) -> subprocess.CompletedProcess[str]:
    """In a network namespace of its own, where no table of this machine is."""
    assert NAMESPACE is not None
    return subprocess.run([NAMESPACE, "--net", *command], capture_output=True, text=True, check=False, timeout=120)


@needs_nft
def test_nft_takes_the_rules(rules: Path) -> None:
    assert NFT is not None
    found = alone(NFT, "--check", "--file", str(rules))
    assert found.returncode == 0, found.stderr


@needs_nft
def test_nft_refuses_rules_that_are_damaged(rules: Path) -> None:
    assert NFT is not None
    rules.write_text(rules.read_text().replace("ct count", "ct counts"))
    assert alone(NFT, "--check", "--file", str(rules)).returncode != 0


_AGAINST_THE_RULES = """
import json, socket, subprocess, sys
from collections import Counter
from pathlib import Path
from gateway.command.doctor_broker_limits import kernel_limits_finding

nft, rules, port, by_address = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

def tried(source):
    connection = socket.socket()
    connection.settimeout(0.1)
    connection.bind((source, 0))
    try:
        connection.connect(("127.0.0.1", port))
    except OSError as error:
        return type(error).__name__
    held.append(connection)
    return "open"

def judged():
    return kernel_limits_finding(Path(nft)).level

run("ip", "link", "set", "lo", "up")
run(nft, "add table inet others; add chain inet others input { type filter hook input priority 0; }; "
    "add rule inet others input tcp dport 9 drop")
others = run(nft, "list", "table", "inet", "others")
held, said = [], {"before": judged()}
for _ in range(2):
    run(nft, "-f", rules)
said["loaded"] = judged()
server = socket.create_server(("0.0.0.0", port), backlog=1000)
said["one address"] = Counter(tried("127.0.0.5") for _ in range(100))
said["another address"] = tried("127.0.0.6")
other_port = socket.create_server(("0.0.0.0", 0), backlog=1000)
said["another port"] = Counter(
    socket.create_connection(other_port.getsockname(), 5, ("127.0.0.5", 0)).fileno() > 0 for _ in range(100))
said["many addresses"] = Counter(tried(f"127.1.{number // 250}.{1 + number % 250}") for number in range(700))
run(nft, "delete", "table", "inet", "airgrid_broker")
said["others"] = run(nft, "list", "table", "inet", "others") == others
said["left"] = run(nft, "list", "tables").split()
said["after"] = judged()
print(json.dumps(said))
"""


@pytest.mark.hil
@needs_nft
@pytest.mark.skipif(shutil.which("ip") is None, reason="needs ip")
def test_one_address_has_a_limit_others_get_in_and_rules_of_others_stay(rules: Path) -> None:
    assert NFT is not None
    ended = alone(sys.executable, "-c", _AGAINST_THE_RULES, NFT, str(rules), str(CHOICES.mqtt_port), str(BY_ADDRESS))
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    many = said.pop("many addresses")
    assert said == {
        "before": "FAULT",
        "loaded": "ok",
        "one address": {"open": BY_ADDRESS, "ConnectionRefusedError": 100 - BY_ADDRESS},
        "another address": "open",
        "another port": {"true": 100},
        "others": True,
        "left": ["table", "inet", "others"],
        "after": "FAULT",
    }
    # So many at once, and then a few a second, however many addresses.
    assert 400 <= many["open"] < 700 and set(many) == {"open", "TimeoutError"}


def test_without_nft_the_doctor_says_what_is_missing_and_it_is_no_fault(tmp_path: Path) -> None:
    found = kernel_limits_finding(tmp_path / "nft")
    assert (found.level, "nftables" in found.advice) == ("note", True)


def test_a_user_who_may_not_list_tables_is_told_what_systemd_knows(tmp_path: Path) -> None:
    nft = tmp_path / "nft"
    nft.touch()
    found = kernel_limits_finding(nft, may_look=False)
    assert "not" in found.text, "no such unit runs here"


def test_install_says_that_nft_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/opt/airgrid/releases/0.0.0")
    said = CliRunner().invoke(app, ["install", "--root", str(tmp_path), *FLEET]).output
    assert "apt-get install nftables" in said
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/nft").touch()
    assert "apt-get install nftables" not in CliRunner().invoke(app, ["install", "--root", str(tmp_path)]).output
