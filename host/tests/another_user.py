"""For tests in which another user acts: only root can become one, who then needs a way to the checkout and to the folder of the test."""

import os
import tempfile
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[2]


def _others_reach(place: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents))


AS_ANOTHER_USER = pytest.mark.skipif(
    os.geteuid() != 0 or not _others_reach(_CHECKOUT) or not _others_reach(Path(tempfile.gettempdir())),
    reason="needs root, and a checkout and a /tmp that other users may look into",
)
