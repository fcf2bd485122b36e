"""Alarms and events in a sentence, in both languages of contract/site/display_names.py. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.site import display_names

# By language.
Texts = dict[str, str]
_PER = {" per minute": "/min", " per hour": "/h"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an alarm was judged by. node "": the whole site; quantity "": none in particular; value and threshold in the unit."""

    rule: str
    node: str
    site: str
    quantity: str
    value: float | None
    threshold: float | None
    unit: str | None


def in_both(table: Mapping[str, tuple[str, str]], key: str | None) -> Texts | None:
    """The name of the key in every language, the key itself where the table does not have it; None of no key."""
    if key is None:
        return None
    return dict(zip(display_names.LANGUAGES, table.get(key, (key, key)), strict=True))


def of_alarm(judged: Judgement) -> Texts:
    chinese, english = display_names.QUANTITIES.get(judged.quantity, (judged.quantity, judged.quantity))
    place_chinese = judged.node or f"站点 {judged.site}"
    place_english = judged.node or f"site {judged.site}"
    head_chinese = f"{place_chinese} {chinese}" if chinese else place_chinese
    head_english = f"{english} at {place_english}" if english else place_english
    if judged.value is None or judged.threshold is None:
        return _both(f"{head_chinese}（规则 {judged.rule}）", f"{head_english} (rule {judged.rule})")
    value, threshold = numbers(judged.quantity, judged.value, judged.threshold, judged.unit)
    if judged.unit == "s":
        return _both(
            f"{head_chinese}：已 {value} 无数据，限值 {threshold}", f"{head_english}: nothing heard for {value}, limit {threshold}"
        )
    return _both(f"{head_chinese}：{value}，限值 {threshold}", f"{head_english}: {value}, limit {threshold}")


def numbers(quantity: str, value: float, threshold: float, unit: str | None) -> tuple[str, str]:
    """Value and limit with their unit. The value has as many decimals as the pages show of the quantity, or as the limit has: beside that
    they can be told apart."""
    of_limit = len(_plain(threshold).partition(".")[2])
    of_pages = 0 if unit == "s" else display_names.decimals(quantity)
    return _with_unit(f"{value:.{max(of_limit, of_pages)}f}", unit), _with_unit(_plain(threshold), unit)


def _plain(threshold: float) -> str:
    """As it was set, with at most three decimals."""
    return f"{threshold:.3f}".rstrip("0").rstrip(".")


def _with_unit(number: str, unit: str | None) -> str:
    """The unit as people write it."""
    written = unit or ""
    for words, sign in _PER.items():
        if written.endswith(words):
            return f"{number} {display_names.unit(written.removesuffix(words))}{sign}"
    return f"{number} {display_names.unit(written)}".rstrip()


def _both(chinese: str, english: str) -> Texts:
    return dict(zip(display_names.LANGUAGES, (chinese, english), strict=True))
