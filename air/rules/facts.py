"""What goes in and what comes out. Times are UTC in ms; values are scaled integers with their scale beside them."""

from typing import NamedTuple

from air.calibration.apply import Name, Reading


class Report(NamedTuple):
    """One dated, calibrated report. `error_ms` bounds the error of `start_ms` against the site's own clock: how wrong that clock
    itself may be is left out, since it moves all reports alike."""

    node: str
    boot: str
    seq: int
    start_ms: int
    duration_ms: int
    error_ms: int
    readings: tuple[Reading, ...]


class Subject(NamedTuple):
    """What an alarm is about. node "" is the whole site; slot -1 and quantity 0: not one of them in particular."""

    node: str
    slot: int = -1
    quantity: int = 0


class Judged(NamedTuple):
    """The numbers behind a fact. `value` and `limit` are integers times `scale`, in `unit` (of the quantity, "%", "1", or per time).

    `at_ms`: time of the data (of silent, completeness: of the judgement). `share`: percent of the window that the data cover.
    `n`: readings in the window. `extrapolated`: percent of the data that a calibration gave beyond its range.
    """

    at_ms: int
    value: int
    limit: int
    scale: int
    unit: str
    window_ms: int
    share: int
    n: int
    extrapolated: int
    calibrations: tuple[Name, ...]


class Raised(NamedTuple):
    """`since_ms`: from when on the condition held without a break."""

    rule: str
    version: int
    severity: str
    subject: Subject
    since_ms: int
    judged: Judged
    hook: str


class Cleared(NamedTuple):
    """`why`: of contract.site.alarm_events.CLEARED_BY. `judged` is None where no data were judged: a rule that has changed."""

    rule: str
    version: int
    severity: str
    subject: Subject
    since_ms: int
    at_ms: int
    why: str
    judged: Judged | None
    hook: str


class DataMissing(NamedTuple):
    """An open alarm has not had data enough to be cleared since `last_ms`. It stays open."""

    rule: str
    version: int
    subject: Subject
    since_ms: int
    last_ms: int


class DataAgain(NamedTuple):
    rule: str
    version: int
    subject: Subject
    since_ms: int
    at_ms: int


class FasterSampling(NamedTuple):
    """These nodes are to report every `period_s` for `for_s`; none named: all of the site."""

    nodes: tuple[str, ...]
    period_s: int
    for_s: int


class Switched(NamedTuple):
    """What an output is to do from now on: None for off. `for_s`: off by itself after that time; 0: until said otherwise."""

    output: str
    pattern: str | None
    for_s: int


class RuleFailed(NamedTuple):
    """The rule could not judge an input, or not begin with what was saved. The others did; it goes on with the next input."""

    rule: str
    version: int
    error: str


Fact = Raised | Cleared | DataMissing | DataAgain | FasterSampling | Switched | RuleFailed
