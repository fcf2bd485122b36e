"""Whether every file that a template asks for below /static is there: scripts of other projects are copied in at set-up or at packaging."""

import re
from pathlib import Path

from fleet.errors import PageFilesError
from host import page_files

_REFERENCE = re.compile(r"/static/([\w./-]+)")


def require_served_files(folder: Path = Path(__file__).parent) -> None:
    """`folder`: with templates and static. Raises PageFilesError, naming every file that is missing: a page would be silently broken."""
    asked = {
        name for template in (folder / "templates").glob("*.html") for name in _REFERENCE.findall(template.read_text(encoding="utf-8"))
    }
    missing = sorted(name for name in asked if not any((place / name).is_file() for place in (folder / "static", page_files.FOLDER)))
    if missing:
        raise PageFilesError(folder / "static", missing)
