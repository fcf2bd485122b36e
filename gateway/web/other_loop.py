"""Between two event loops, each on a thread of its own: the page's, and that of the gateway."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")
_STOP_S = 2.0


class OtherLoop:
    """Asks something of a loop on another thread, and waits for it no longer than `limit_s`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit_s: float) -> None:
        self._loop = loop
        self._limit_s = limit_s

    async def run(self, main: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Raises what `main` raises, and TimeoutError; what has begun goes on then."""
        asked = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(main(), self._loop))
        asked.add_done_callback(_seen)
        return await asyncio.wait_for(asyncio.shield(asked), self._limit_s)


async def run_on_thread(name: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """`main` with an event loop on a thread of its own, until it ends or this is cancelled. Raises what it raises.

    A thread that does not end is left: it keeps nothing from ending.
    """
    ended: Future[None] = Future()
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []

    async def noted() -> None:
        task = asyncio.current_task()
        assert task is not None
        running.append((asyncio.get_running_loop(), task))
        await main()

    def body() -> None:
        try:
            asyncio.run(noted())
        except asyncio.CancelledError:
            ended.set_result(None)
        except Exception as error:  # noqa: BLE001 - handed to the one who waits, on the other thread
            ended.set_exception(error)
        else:
            ended.set_result(None)

    threading.Thread(target=body, name=name, daemon=True).start()
    waiting = asyncio.wrap_future(ended)
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        for loop, task in running:
            loop.call_soon_threadsafe(task.cancel)
        await asyncio.wait({waiting}, timeout=_STOP_S)
        raise


def _seen(asked: "asyncio.Future[Any]") -> None:
    """What nobody waits for any more has ended: asyncio would tell of an exception that nobody took."""
    if not asked.cancelled():
        asked.exception()
