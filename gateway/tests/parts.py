"""Parts that tests build for themselves: telemetry, a site whose clock is trusted, a writer with its listeners."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from gateway.backoff import Backoff
from gateway.counters import Counters
from gateway.error_log import ErrorLog
from gateway.gather_window import GatherWindow
from gateway.store.site.dating import Limits
from gateway.store.store import Store, StoreOpener
from gateway.store.writer import Submission, Writer
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock
from gateway.time.site_time import SiteTime

CLOCK = Clock()
_LIMITS = Limits(clock_error_ms=0, drift_ppm=100, undated_age_ms=1000)


def make_telemetry(utc_ms: Callable[[], int] = CLOCK.utc_ms) -> Telemetry:
    counters = Counters()
    return Telemetry(counters, ErrorLog(100, counters, utc_ms))


def make_site(error_ms: int = 1000) -> SiteTime:
    return SiteTime(CLOCK, error_ms, trusts_system=True)


def make_writer(
    folder: Path,
    telemetry: Telemetry,
    *,
    limits: Limits = _LIMITS,
    budget_bytes: int = 1 << 24,
    station: str = "gw-east",
    pending_rows: int = 100,
    site: SiteTime | None = None,
) -> Writer:
    """Its listeners do nothing."""
    opener = StoreOpener(folder, limits, budget_bytes, station)
    writer = Writer(opener, GatherWindow(0.005), Backoff(0.01, 0.05, 60, Random(1)), pending_rows, site or make_site(), telemetry)
    writer.on_commit, writer.on_thread, writer.on_published = _ignore_commit, _ignore_store, _ignore_published
    return writer


def _ignore_commit(submission: Submission) -> None: ...


def _ignore_store(store: Store) -> None: ...


def _ignore_published() -> None: ...
