"""The options of the service in words: for the file that `install` writes, and for docs/configuration.md."""

import json
from collections.abc import Iterator, Mapping

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from fleet.options import Configuration

PREFIX = Configuration.model_config["env_prefix"]
_HEAD = """\
# The fleet service of this district. One option a line, NAME=value, as it stands behind the "=": no quotes, no comments behind a value.
# What has a "#" in front is at the value shown, or unset. A wrong value is refused at the start, with what is allowed.
# After a change: systemctl restart airgrid-fleet
"""


def default(field: FieldInfo) -> str:
    """As JSON; empty: none."""
    return "" if field.is_required() or field.default is None else json.dumps(field.default)


def allowed(field: FieldInfo) -> str:
    least = [f"at least {rule.ge}" for rule in field.metadata if isinstance(rule, Ge)]
    return ", ".join(least + [f"at most {rule.le}" for rule in field.metadata if isinstance(rule, Le)])


def environment_text(given: Mapping[str, str]) -> str:
    """The file: every option with its meaning and range; those that are given stand in it as values."""
    return "\n".join([_HEAD, *_paragraphs(given)])


def _paragraphs(given: Mapping[str, str]) -> Iterator[str]:
    for name, field in Configuration.model_fields.items():
        about = "; ".join(words for words in (field.description or "", allowed(field)) if words)
        value = given.get(name)
        line = f"#{PREFIX}{name.upper()}={_plain(field)}" if value is None else f"{PREFIX}{name.upper()}={value}"
        yield f"# {about}\n{line}\n"


def _plain(field: FieldInfo) -> str:
    return str(field.default) if isinstance(field.default, str) else default(field)
