"""The project's own Python sources, read and parsed once, for the tests that hold them to the design."""

from functools import cache
from pathlib import Path

from hil_tests.architecture.source import Source, parsed

CHECKOUT = Path(__file__).parent.parent
PACKAGES = ("contract", "air", "firmware", "host", "gateway", "fleet", "technician", "hil_tests", "tools")


@cache
def sources() -> tuple[Source, ...]:
    return tuple(
        parsed(path.relative_to(CHECKOUT).as_posix(), path.read_text())
        for package in PACKAGES
        for path in sorted((CHECKOUT / package).rglob("*.py"))
    )
