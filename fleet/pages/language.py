"""The languages of the pages: gettext catalogues beside the code, and which one a visitor gets. Does not depend on any page.

The compiled catalogue is committed beside its source; after a change of airgrid.po: pybabel compile -D airgrid -d fleet/locale
"""

import gettext
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).parent.parent / "locale"
DEFAULT = "zh-CN"
FOR_OTHERS = "en"
_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")

# code as in HTML's lang, its own name, folder of its catalogue (None: the messages of the code are in this language)
LANGUAGES = (
    ("zh-CN", "中文", "zh_CN"),
    ("en", "English", None),
)
NAMES = tuple((code, name) for code, name, _ in LANGUAGES)
CODES = tuple(code for code, _, _ in LANGUAGES)
# Where a visitor's choice is remembered.
COOKIE = "airgrid_language"


@cache
def translations(code: str) -> gettext.NullTranslations:
    """The catalogue of a language of LANGUAGES. Raises KeyError on another."""
    folder = {code: folder for code, _, folder in LANGUAGES}[code]
    if folder is None:
        return gettext.NullTranslations()
    return gettext.translation("airgrid", CATALOGUES, [folder])


def of_visitor(cookies: Mapping[str, str], headers: Mapping[str, str]) -> str:
    return choose(cookies.get(COOKIE), headers.get("accept-language", ""))


def choose(remembered: str | None, accept_language: str) -> str:
    """The remembered code if there is such a language, else what the browser likes best of those that there are; for readers of other
    languages English, and without any word of the browser the district's own."""
    if remembered in CODES:
        return remembered
    liked = _liked(accept_language)
    if not liked:
        return DEFAULT
    for prefix in liked:
        for code in CODES:
            if code.lower().split("-")[0] == prefix or prefix == "*":
                return code
    return FOR_OTHERS


def _liked(accept_language: str) -> list[str]:
    """Languages of the header, the most liked first (RFC 9110, 12.5.4): without their regions, and without those of weight 0."""
    weighed = []
    for part in accept_language.split(","):
        tag, _, parameter = part.partition(";")
        found = _WEIGHT.fullmatch(parameter.strip().lower()) if parameter else None
        weight = float(found[1]) if found else 0.0 if parameter else 1.0
        if tag.strip() and weight > 0:
            weighed.append((weight, tag.strip().lower().split("-")[0]))
    return [prefix for _, prefix in sorted(weighed, key=lambda pair: -pair[0])]
