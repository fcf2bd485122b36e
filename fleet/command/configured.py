"""Where the configuration of a command comes from: its arguments, else the environment, else the file of the installed service."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fleet.errors import ConfigurationError
from fleet.option_file import FILE, read_options
from fleet.option_words import PREFIX, allowed
from fleet.options import Configuration

StateOption = Annotated[
    Path | None, typer.Option("--state", help="state folder: database and signing key; not needed where it is installed")
]
# What a value has to be, by the kind of pydantic's fault.
_WANTED = {
    "bool": "true or false",
    "path": "a path",
    "string": "text",
    "int": "a whole number",
    "greater": "a whole number",
    "less": "a whole number",
}

DatabaseOption = Annotated[str | None, typer.Option("--db", help="database URL; a file in the state folder when absent")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help=f"file of options; {FILE} where there is no --state")]


def configured(state: Path | None, db: str | None, file: Path | None = None, **given: Any) -> Configuration:
    """Raises ConfigurationError with every fault."""
    named = {"state": state, "db": db, **given}
    arguments = {name: value for name, value in named.items() if value is not None}
    of_file = _options_of_file(file, "state" in arguments)
    from_file = {name: value for name, value in of_file.items() if f"{PREFIX}{name.upper()}" not in os.environ}
    try:
        return Configuration(**{**from_file, **arguments})
    except ValidationError as error:
        raise ConfigurationError([_described(fault) for fault in error.errors()]) from None


def _options_of_file(file: Path | None, has_state: bool) -> dict[str, Any]:
    # Another state than the installed one is another service: it gets nothing from the file of that one.
    if file is None and (has_state or f"{PREFIX}STATE" in os.environ or not FILE.exists()):
        return {}
    return read_options(file or FILE)


def _described(fault: ErrorDetails) -> str:
    where, kind = ".".join(map(str, fault["loc"])), fault["type"]
    if kind == "missing":
        return f"{where}: name a folder with --{where}, or install the service first: airgrid-fleet install"
    if kind == "extra_forbidden":
        near = get_close_matches(where, Configuration.model_fields, 1)
        meant = f"did you mean {near[0]}?" if near else "docs/configuration.md has them all"
        return f"{where}: there is no such option -> remove it, or correct its name: {meant}"
    if kind == "value_error":  # in our words already, and of a URL with a password
        return ": ".join(filter(None, [where, fault["msg"].removeprefix("Value error, ")]))
    wanted = next((words for sign, words in _WANTED.items() if kind.startswith(sign)), "")
    range_ = allowed(Configuration.model_fields[where]) if where in Configuration.model_fields else ""
    return f"{where}: must be {', '.join(filter(None, [wanted, range_]))}; it is {str(fault['input'])[:80]!r}"
