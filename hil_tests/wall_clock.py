"""Gives a real program the bench's time when that runs faster than the world.

libfaketime turns the wall clock (CLOCK_REALTIME) of a process and leaves sleeping and waiting real. The virtual boards and sensors have
a rate of their own, which the bench sets to the same number.
"""

from pathlib import Path

from hil_tests.sensors.clock import BenchClock

_LIBRARIES = ("usr/lib/*/faketime/libfaketime.so.1", "usr/lib/faketime/libfaketime.so.1")


def environment(clock: BenchClock) -> dict[str, str]:
    """For a program that starts now: libfaketime counts from each program's own start, by when the bench is ahead of the world."""
    if clock.rate == 1:
        return {}
    ahead_s = (clock.now_ms() - clock.wall_ms()) / 1000
    return {"LD_PRELOAD": str(_library()), "FAKETIME": f"+{ahead_s:.3f}s x{clock.rate:g}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _library() -> Path:
    for pattern in _LIBRARIES:
        for path in Path("/").glob(pattern):
            return path
    raise FileNotFoundError("libfaketime is missing: install the package libfaketime (make test does)")
