"""docs/configuration.md, made from the tables that the programs themselves check their configuration by.

python -m tools.configuration_doc            writes it
python -m tools.configuration_doc --check    exits 1 when it is stale
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from fleet import option_words
from fleet.options import Configuration as FleetConfiguration
from gateway.configuration import NAMED_SECTIONS, SECTIONS, allowed, is_required
from tools.markdown import wrapped

DOCUMENT = Path(__file__).parent.parent / "docs" / "configuration.md"
HEAD = """# Configuration

Every key of the two services, made from the tables by which they check it (`python -m tools.configuration_doc`). A wrong value is
refused at the start, with its key and what is allowed. The settings of a node are in [protocol.md](protocol.md#settings).
"""
GATEWAY = (
    "\n## Gateway\n\nA TOML file, `/etc/airgrid/gateway.toml` unless `--config` names another. `airgrid-gateway keys` prints this table.\n"
)
FLEET = (
    "\n## Fleet service\n\nA TOML file, `/etc/airgrid/fleet.toml`, which `airgrid-fleet install` writes. What the environment has counts "
    "instead: `AIRGRID_FLEET_PORT` for `port`. A secret stands best in a file of its own.\n\n"
)


def render() -> str:
    parts = [HEAD, GATEWAY]
    for name, section in SECTIONS.items():
        rows = (
            (f"`{k.name}`", "required" if is_required(k) else json.dumps(k.default), allowed(k), k.metadata["meaning"])
            for k in fields(section)
        )
        parts.append(f"\n### [{name}]\n\n{_table(('key', 'default', 'allowed', 'meaning'), rows)}")
    for name, named in NAMED_SECTIONS.items():
        parts.append(f"\n### [{name}]\n\n{named.meaning[0].upper()}{named.meaning[1:]}: NAME = {named.allowed}.\n")
    return "".join([*parts, FLEET, _table(("key", "default", "allowed", "meaning"), _fleet_rows())])


def _fleet_rows() -> Iterator[tuple[str, ...]]:
    for name, field in FleetConfiguration.model_fields.items():
        default = "required" if field.is_required() else option_words.default(field)
        yield f"`{name}`", default, option_words.allowed(field), field.description or ""


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main(arguments: list[str]) -> int:
    wanted = wrapped(render())
    if "--check" not in arguments:
        DOCUMENT.write_text(wanted, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != wanted:
        print("docs/configuration.md is stale; run: python -m tools.configuration_doc", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
