"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[Path, typer.Option("--config", help="configuration file, TOML")]
JsonOption = Annotated[bool, typer.Option("--json", help="print everything as JSON")]
