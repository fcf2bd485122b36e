"""The slow upkeep of the buffer, a slice at a time: bounds are kept, old boots forgotten, sent items expire."""

import asyncio
import logging

from gateway.configuration import BufferSection
from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.store.delivery.losses import bound
from gateway.store.store import Store
from gateway.store.store_thread import Urgency
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime

_LOG = logging.getLogger(__name__)
TIDY_EVERY_S = 10.0


class BufferUpkeep:
    def __init__(self, writer: Writer, counters: Counters, section: BufferSection, site: SiteTime) -> None:
        self._writer = writer
        self._counters = counters
        self._section = section
        self._site = site

    async def run(self) -> None:
        """For ever. A disk that refuses costs one round."""
        while True:
            try:
                expired = await self._writer.call(lambda store: tidy(store, self._section, self._site.utc_ms()), Urgency.LATER)
                self._counters.add("items.expired", expired)
            except StoreError as error:
                _LOG.warning("buffer not tidied", extra={"reason": error.reason})
            await asyncio.sleep(TIDY_EVERY_S)


def tidy(store: Store, section: BufferSection, now_ms: int) -> int:
    """One slice. Returns how many sent items expired; a full slice means that more may wait."""
    bound(store.connection, section.refused_rows, section.gap_rows)
    store.clocks.prune()
    store.numbers.prune()
    store.delivery.becomes_due()
    store.delivery.prune()
    return store.eviction.expire(now_ms - 1000 * section.sent_retention_s)
