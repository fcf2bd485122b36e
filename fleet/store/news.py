"""What one process of a store did, made known to the others: told within the transaction, heard after its commit, by LISTEN / NOTIFY where
the store is PostgreSQL. Does not depend on what the news are.

    announce(connection, "desired", "gw-1 7")          within a transaction
    news.on("desired", heard, missed)                  before `run`; both are called in the loop

A connection that breaks is made again, and what was told meanwhile is lost: then `missed` is called, to look for what is new. It
is called also when the connection breaks, because from then on nobody knows that there is nothing new. On SQLite a record has one service,
which knows what it did; what a command does beside it is found by looking.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

import psycopg
from sqlalchemy import Connection

from fleet.store.dialect import driver_arguments, notify

CHANNEL = "airgrid_fleet"
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
# A server that is gone without a word is noticed after about half a minute.
_KEEP_ALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 10}

_log = logging.getLogger(__name__)


def announce(connection: Connection, kind: str, subject: str = "") -> None:
    """kind: one word. subject: at most some hundred characters."""
    notify(connection, CHANNEL, f"{kind} {subject}")


class News:
    """url: of the store. connects: how often it began to listen."""

    def __init__(self, url: str) -> None:
        self._arguments = driver_arguments(url)
        self._heard: dict[str, Callable[[str], None]] = {}
        self._missed: list[Callable[[], None]] = []
        self.listening = False
        self.connects = 0

    def on(self, kind: str, heard: Callable[[str], None], missed: Callable[[], None]) -> None:
        """heard: with the subject."""
        self._heard[kind] = heard
        self._missed.append(missed)

    async def run(self) -> None:
        """For ever, beside the application; returns at once where there is nothing to listen to."""
        if self._arguments is None:
            return
        wait_s = FIRST_WAIT_S
        while True:
            before = self.connects
            try:
                await self._listen(self._arguments)
            except (psycopg.Error, OSError) as error:
                _log.warning("no news from other processes, they are looked for: %s", error)
            if self.listening:
                self.listening = False
                self._look()
            wait_s = FIRST_WAIT_S if self.connects > before else min(2 * wait_s, LONGEST_WAIT_S)
            await asyncio.sleep(wait_s)

    async def _listen(self, arguments: dict[str, object]) -> None:
        connection = await psycopg.AsyncConnection.connect(**{**_KEEP_ALIVE, **arguments}, autocommit=True)  # type: ignore[arg-type]
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.listening = True
            self.connects += 1
            self._look()
            async with aclosing(connection.notifies()) as notifies:
                async for told in notifies:
                    self._tell(told.payload)

    def _tell(self, payload: str) -> None:
        kind, _, subject = payload.partition(" ")
        if kind in self._heard:  # a newer version may tell more
            self._heard[kind](subject)

    def _look(self) -> None:
        for missed in self._missed:
            missed()
