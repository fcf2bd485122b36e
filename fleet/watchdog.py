"""Notifies systemd as long as the thread that writes answers: a service that hangs is then started again by it."""

import asyncio
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from fleet.errors import OverloadedError
from fleet.store.writer import Writer
from host.systemd import ALIVE, Systemd

_LOOK_EVERY_S = 20.0


async def notify_while_alive(systemd: Systemd, writer: Writer) -> None:
    """For ever; asks at least three times within the time that systemd gives. A store that refuses has answered: starting again would
    not mend it. A queue that is full says nothing about the thread behind it."""
    every_s = min(_LOOK_EVERY_S, (systemd.watchdog_s or _LOOK_EVERY_S) / 3)
    while True:
        with suppress(OverloadedError):
            with suppress(SQLAlchemyError):
                await asyncio.wrap_future(writer.submit(lambda connection: None))
            systemd.notify(ALIVE)
        await asyncio.sleep(every_s)
