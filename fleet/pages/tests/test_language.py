import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from contract.site.display_names import LANGUAGES
from fleet.pages import language

PAGES = Path(language.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "translate": None, "gettext": None}


def messages_of_the_pages() -> set[str]:
    found = extract_from_dir(PAGES, METHODS, {}, keywords=KEYWORDS)
    return {str(message) for name, _, message, *_ in found if not name.startswith("tests")}


@pytest.mark.parametrize("folder", [folder for _, _, folder in language.LANGUAGES if folder])
def test_a_catalogue_has_every_message_and_no_other(folder: str) -> None:
    text = (language.CATALOGUES / folder / "LC_MESSAGES" / "airgrid.po").read_bytes()
    catalogue = {str(message.id): str(message.string) for message in read_po(io.BytesIO(text)) if message.id}
    assert set(catalogue) == messages_of_the_pages()
    assert all(catalogue.values())
    for message, translated in catalogue.items():
        assert re.findall(r"%(?:\(\w+\))?[sd]", message) == re.findall(r"%(?:\(\w+\))?[sd]", translated), message


@pytest.mark.parametrize(("code", "folder"), [(code, folder) for code, _, folder in language.LANGUAGES if folder])
def test_the_compiled_catalogue_is_that_of_the_source(code: str, folder: str) -> None:
    path = language.CATALOGUES / folder / "LC_MESSAGES" / "airgrid.po"
    with path.open("rb") as source, path.with_suffix(".mo").open("rb") as compiled:
        written, shown = read_po(source), read_mo(compiled)
    expected = {message.id: message.string for message in written if message.id}
    assert expected == {message.id: message.string for message in shown if message.id}, "stale: see fleet/pages/language.py"
    assert language.translations(code).gettext("Time") == "时间"


def test_the_pages_run_without_the_compiler_of_catalogues() -> None:
    program = "import sys; sys.modules['babel'] = None; import fleet.application"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr


def test_the_pages_have_the_languages_of_the_words() -> None:
    assert tuple(code for code, _ in language.NAMES) == LANGUAGES


@pytest.mark.parametrize(
    ("remembered", "accept", "chosen"),
    [
        ("zh-CN", "en", "zh-CN"),
        (None, "en-GB,en;q=0.8", "en"),
        (None, "zh-TW,zh;q=0.9", "zh-CN"),
        (None, "fr", "en"),
        (None, "de,fr;q=0.5", "en"),
        (None, "fr,zh;q=0.5", "zh-CN"),
        (None, "zh;q=0.2,en;q=0.9", "en"),
        (None, "en;q=0,zh;q=0.1", "zh-CN"),
        (None, "en;q=0.1, ZH-hans-cn", "zh-CN"),
        (None, "fr;q=0.9,*;q=0.1", "zh-CN"),
        (None, "", "zh-CN"),
        ("../../etc", ";;,", "zh-CN"),
        (None, "en;q=high,fr", "en"),
    ],
)
def test_the_language_is_the_remembered_then_the_browsers(remembered: str | None, accept: str, chosen: str) -> None:
    assert language.choose(remembered, accept) == chosen
