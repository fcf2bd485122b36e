"""The works of the background, for the wiring: what runs in whichever process holds the lease."""

from collections import Counter
from random import Random

from anyio import CapacityLimiter

from fleet.alarms.escalating import ESCALATION
from fleet.alarms.watching import watching
from fleet.background.held import Desk
from fleet.background.job_lane import JobLane, JobStep
from fleet.background.old_jobs import OLD_JOBS
from fleet.background.periodic import Periodic
from fleet.background.runner import Runner, Work
from fleet.clock import Clock
from fleet.options import Configuration
from fleet.people import chain_check
from fleet.record.aggregates.keeping import HOURS
from fleet.store.dialect import new_reading_engine
from fleet.store.reading import Reader
from fleet.store.writer import Writer

# Of one statement of the background.
LONGEST_S = 60.0
# Long jobs at once: a short one need not wait for a long one.
_LANES = 2

PERIODIC: tuple[Periodic, ...] = (OLD_JOBS, HOURS, ESCALATION)
JOBS: dict[str, JobStep] = {chain_check.KIND: chain_check.verify_changes}


def build_runner(configuration: Configuration, clock: Clock, writer: Writer, counts: Counter[str], holder: str) -> Runner:
    under_way: set[int] = set()
    works: list[Work] = [*PERIODIC, watching(clock.utc_ms()), *(JobLane(f"jobs {number + 1}", JOBS, under_way) for number in range(_LANES))]
    threads = CapacityLimiter(len(works) + 1)
    engine = new_reading_engine(configuration.database_url, len(works) + 1, LONGEST_S, clock.monotonic_ms)
    desk = Desk(Reader(engine, threads, counts, LONGEST_S), writer, clock, threads, counts, Random())
    return Runner(desk, works, holder, alone=configuration.database_file is not None)
