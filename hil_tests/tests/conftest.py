"""What the whole-flow tests share: a district that ends with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hil_tests.district import District
from hil_tests.plan import DistrictPlan


@pytest.fixture
def district(tmp_path: Path, seed: int) -> Iterator[Callable[..., District]]:
    """Starts a district as planned; stops it after the test."""
    started: list[District] = []

    def start(plan: DistrictPlan, **options: Any) -> District:
        made = District(plan, tmp_path, seed=seed % 100_000, **options)
        started.append(made)
        made.start()
        return made

    yield start
    for made in started:
        made.stop()
