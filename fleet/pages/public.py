"""What the pages have for themselves. They are open to everybody, so what strangers ask of them takes nothing from who has a token: neither
threads, nor connections to the store, nor places to wait.

Whatever a page asks for, what all of them are made of is read once a moment (district.py, dust.py, hours.py, months.py), and an answer is
made once for all who ask the same (fleet/http/shared_answers.py). What remains is bounded for each address; what everybody asks is refused
to nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from fleet.api.dependencies import address_of
from fleet.errors import RateLimitedError
from fleet.http.rate_limit import RateLimit
from fleet.http.shared_answers import Asker, SharedAnswers
from fleet.pages.district import DistrictReader
from fleet.pages.dust import DustReader
from fleet.pages.hours import HoursReader
from fleet.pages.months import MonthReader
from fleet.store.reading import Reader

# Few: each competes with the deliveries for the interpreter.
THREADS = 2
# A dear question, as of a long span, waits for its like and not before the pages.
ARCHIVE_THREADS = 1
# Answers that are made, or wait to be, for either; beyond: 503.
MOST_MADE = 30
# Of these, for one address.
MOST_OF_ONE = 5
# Of one statement.
LONGEST_S = 5.0
# Answers that have to be made for one address: some twenty people behind it who all look at something else.
MADE_PER_S = 20.0
MADE_AT_ONCE = 100.0
# For how many others one of a long span counts.
LONG_SPAN_COST = 10.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """Answers that are shared, and those who read for them."""

    reader: Reader
    answers: SharedAnswers


@dataclass(frozen=True, slots=True)
class Public:
    """archive: of what may take seconds. made: how many answers were made for an address."""

    pages: Shelf
    archive: Shelf
    made: RateLimit
    monotonic_ms: Callable[[], int]
    district: DistrictReader
    dust: DustReader
    hours: HoursReader
    months: MonthReader

    def asker(self, request: Request, cost: float = 1) -> Asker:
        address = address_of(request)

        def admit() -> None:
            wait_s = self.made.take(address, self.monotonic_ms(), cost)
            if wait_s:
                raise RateLimitedError(wait_s)

        return Asker(address, admit)

    def dispose(self) -> None:
        self.pages.reader.dispose()
        self.archive.reader.dispose()


async def public_of(request: Request) -> Public:
    public: Public = request.app.state.public
    return public


PublicDependency = Annotated[Public, Depends(public_of)]
