"""Descriptors of a process: raised at its start, and the share of its listeners."""

import json
import subprocess
import sys

import pytest

from host.listening.descriptors import connections_within

_RAISE = (
    "import json, resource, sys\n"
    "from host.listening.descriptors import raise_soft_limit\n"
    "resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))\n"
    "answer = raise_soft_limit(int(sys.argv[3]))\n"
    "print(json.dumps([answer, *resource.getrlimit(resource.RLIMIT_NOFILE)]))\n"
)


@pytest.mark.parametrize(
    ("soft", "hard", "most", "after"),
    [
        (64, 256, 1000, [256, 256, 256]),
        (64, 256, 128, [128, 128, 256]),
        (200, 256, 128, [200, 200, 256]),
        (256, 256, 1000, [256, 256, 256]),
    ],
)
def test_the_soft_limit_is_raised_to_the_hard_one(soft: int, hard: int, most: int, after: list[int]) -> None:
    command = [sys.executable, "-c", _RAISE, str(soft), str(hard), str(most)]
    assert json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) == after


@pytest.mark.parametrize(
    ("soft", "reserve", "wanted", "held"), [(4096, 128, 256, 256), (1024, 512, 4000, 384), (256, 128, 256, 1), (100, 512, 256, 1)]
)
def test_what_carries_data_keeps_its_reserve(soft: int, reserve: int, wanted: int, held: int) -> None:
    assert connections_within(soft, reserve, 128, wanted) == held
