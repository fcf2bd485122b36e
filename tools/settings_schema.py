"""docs/node-settings.schema.json: what the fleet serves at /api/v1/schemas/node-settings, for readers without a fleet at hand.

python -m tools.settings_schema            writes it
python -m tools.settings_schema --check    exits 1 when it is stale
"""

import json
import sys
from pathlib import Path

from fleet.configuration.settings_schema import node_settings

DOCUMENT = Path(__file__).parent.parent / "docs" / "node-settings.schema.json"


def main(arguments: list[str]) -> int:
    current = json.dumps(node_settings(), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in arguments:
        DOCUMENT.write_text(current, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != current:
        print("docs/node-settings.schema.json is stale; run: python -m tools.settings_schema", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
