"""Where a clock is read. Pure."""

import re
from collections.abc import Iterator

from hil_tests.architecture.source import Source, called, references

_CLOCKS = {
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time")),
    *(f"time.{name}" for name in ("ticks_ms", "ticks_us", "ticks_cpu")),
    *(f"datetime.{kind}.{name}" for kind in ("datetime", "date") for name in ("now", "utcnow", "today")),
}
# Of anything else than the clock modules of ours: `loop.time()`, `value.now()`.
_CALLS = re.compile(r"\.(time|time_ns|monotonic|monotonic_ns|perf_counter|ticks_ms|ticks_us|utcnow|now|today)$")
_HANDED_IN = re.compile(r"^(\w+\.)*(clock|_clock|self)\.")


def clock_reads(source: Source) -> Iterator[tuple[str, int]]:
    """(name, line) of every clock that is read, or handed on as a function; not what is asked of a clock that was handed in."""
    yield from ((name, line) for name, line in references(source) if name in _CLOCKS)
    yield from ((name, line) for name, line in called(source) if _CALLS.search(name) and not _HANDED_IN.search(name))
