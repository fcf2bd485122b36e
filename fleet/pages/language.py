"""The languages of the pages: gettext catalogues beside the code, and which one a visitor gets. Does not depend on any page.

The compiled catalogue is committed beside its source; after a change of airgrid.po: pybabel compile -D airgrid -d fleet/locale
"""

import gettext
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).parent.parent / "locale"
DEFAULT = "zh-CN"

# code as in HTML's lang, its own name, folder of its catalogue (None: the messages of the code are in this language)
LANGUAGES = (
    ("zh-CN", "中文", "zh_CN"),
    ("en", "English", None),
)
NAMES = tuple((code, name) for code, name, _ in LANGUAGES)


@cache
def translations(code: str) -> gettext.NullTranslations:
    """The catalogue of a language of LANGUAGES. Raises KeyError on another."""
    folder = {code: folder for code, _, folder in LANGUAGES}[code]
    if folder is None:
        return gettext.NullTranslations()
    return gettext.translation("airgrid", CATALOGUES, [folder])


def choose(wished: str | None, remembered: str | None, accept_language: str) -> str:
    """The wished code if there is such a language, else the remembered one, else the browser's first choice that there is."""
    codes = [code for code, _, _ in LANGUAGES]
    for code in (wished, remembered):
        if code in codes:
            return code
    for part in accept_language.split(","):
        prefix = part.split(";")[0].strip().lower().split("-")[0]
        for code in codes:
            if prefix and code.lower().split("-")[0] == prefix:
                return code
    return DEFAULT
