"""What the disk has of desired documents at a start. A file that is damaged is counted and told, and costs nothing but itself."""

import logging
from collections.abc import Callable
from typing import TypeVar

from gateway.counters import Counters
from gateway.desired.document import Desired, SiteNames, verify_pinned
from gateway.desired.files import DesiredFiles, OnTrial, Returned
from gateway.error_log import ErrorLog
from gateway.errors import DesiredError
from gateway.identity import Identity

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


class Pinned:
    def __init__(self, files: DesiredFiles, identity: Identity, site: SiteNames, counters: Counters, errors: ErrorLog) -> None:
        self._files = files
        self._identity = identity
        self._site = site
        self._counters = counters
        self._errors = errors

    def good(self) -> Desired | None:
        answer = self._read(self._files.good)
        return None if answer is None else self.trusted(answer)

    def trial(self) -> OnTrial | None:
        return self._read(self._files.trial)

    def returned(self) -> Returned:
        return self._read(self._files.returned) or Returned()

    def trusted(self, answer: bytes) -> Desired | None:
        try:
            return verify_pinned(answer, self._identity, self._site)
        except DesiredError as error:
            self._fault(error)
            return None

    def _read(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except (OSError, ValueError) as error:
            self._fault(error)
            return None

    def _fault(self, error: Exception) -> None:
        self._counters.add("desired.pinned_bad")
        self._errors.add("desired", f"pinned document: {error}")
        _LOG.warning("pinned document", extra={"reason": str(error)})
