"""Where the configuration of a command comes from: its arguments, else the environment, else the file of the installed service."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from fleet.environment_file import FILE, read_options
from fleet.errors import ConfigurationError
from fleet.option_words import PREFIX
from fleet.options import Configuration

StateOption = Annotated[
    Path | None, typer.Option("--state", help="state folder: database and signing key; not needed where it is installed")
]
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
        faults = [(".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()]
        raise ConfigurationError([_described(where, what) for where, what in faults]) from None


def _options_of_file(file: Path | None, has_state: bool) -> dict[str, str]:
    # Another state than the installed one is another service: it gets nothing from the file of that one.
    if file is None and (has_state or f"{PREFIX}STATE" in os.environ or not FILE.exists()):
        return {}
    return read_options(file or FILE, PREFIX)


def _described(where: str, what: str) -> str:
    if where == "state":
        return "state: name a folder with --state, or install the service first: airgrid-fleet install"
    return f"{where}: {what}" if where else what
