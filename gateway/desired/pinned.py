"""Desired documents that can be trusted: what the fleet sends, and what the disk has at a start. A file that is damaged is counted and
reported, and costs nothing but itself."""

import logging
from collections.abc import Callable
from typing import TypeVar

from gateway.desired.document import Desired, SiteNames, verify, verify_pinned
from gateway.desired.files import DesiredFiles, OnTrial, Returned
from gateway.errors import DesiredError
from gateway.identity import Identity
from gateway.telemetry import Telemetry

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


class Pinned:
    def __init__(self, files: DesiredFiles, identity: Identity, site: SiteNames, telemetry: Telemetry) -> None:
        self.files = files
        self._identity = identity
        self._site = site
        self._telemetry = telemetry
        self._faults: set[str] = set()

    def good(self) -> Desired | None:
        answer = self._read(self.files.good)
        return None if answer is None else self.trusted(answer)

    def trial(self) -> OnTrial | None:
        return self._read(self.files.trial)

    def returned(self) -> Returned:
        return self._read(self.files.returned) or Returned()

    def issued_ms(self) -> int:
        """When the newest document here was issued, by the fleet's clock: whatever arrives by its keys arrived later. 0 without one."""
        on_trial = self._read(self.files.trial)
        answers = [self._read(self.files.good), on_trial.answer if on_trial else None]
        documents = [self.trusted(answer) for answer in answers if answer is not None]
        return max((document.issued_ms for document in documents if document is not None), default=0)

    def verify(self, answer: bytes, have: int) -> Desired:
        """One that the fleet sent. Raises DesiredError with every fault, one of a version not greater than `have` among them."""
        return verify(answer, self._identity, have, self._site)

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
        """Once a start, however often the file is read."""
        if str(error) in self._faults:
            return
        self._faults.add(str(error))
        self._telemetry.counters.add("desired.pinned_bad")
        self._telemetry.errors.add("desired", f"pinned document: {error}")
        _LOG.warning("pinned document", extra={"reason": str(error)})
