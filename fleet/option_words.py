"""The options of the service in words: for the file that `install` writes, and for docs/configuration.md."""

import json
from collections.abc import Iterator

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from fleet.options import Configuration

PREFIX = Configuration.model_config["env_prefix"]
Options = dict[str, str | int | bool]
_HEAD = """\
# The fleet service of this district, in TOML: text in quotes, true and false and numbers without.
# What has a "#" in front is at the value shown, or unset. A wrong value is refused at the start, with what is allowed.
# What the environment has (AIRGRID_FLEET_PORT for port) counts instead. After a change: systemctl restart airgrid-fleet
"""


def default(field: FieldInfo) -> str:
    """As JSON; empty: none."""
    return "" if field.is_required() or field.default is None else json.dumps(field.default)


def allowed(field: FieldInfo) -> str:
    least = [f"at least {rule.ge}" for rule in field.metadata if isinstance(rule, Ge)]
    return ", ".join(least + [f"at most {rule.le}" for rule in field.metadata if isinstance(rule, Le)])


def file_text(given: Options) -> str:
    """The file: every option with its meaning and range; those that are given stand in it as values."""
    return "\n".join([_HEAD, *_paragraphs(given)])


def option_line(name: str, value: str | int | bool) -> str:
    """JSON's text, numbers and true and false are TOML's too."""
    return f"{name} = {json.dumps(value)}"


def _paragraphs(given: Options) -> Iterator[str]:
    for name, field in Configuration.model_fields.items():
        about = "; ".join(words for words in (field.description or "", allowed(field)) if words)
        shown = option_line(name, given[name]) if name in given else f"#{name} = {default(field)}".rstrip()
        yield f"# {about}\n{shown}\n"
