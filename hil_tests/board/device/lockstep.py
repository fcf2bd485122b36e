# The board's end of the bench's clock: time stands still while the board computes, and when it would sleep it asks the bench, which
# answers with the new time and the horizon: until then nothing reaches the board by itself, and it may go on without asking.
# asyncio's tasks are C and know the interpreter's own ticks only by what they push as due at once: the loop's ticks are kept ahead of
# those by a margin, so that what is due at once is due (and a boot may last six days, half of the ticks' ring).

import asyncio.core as core
import asyncio.stream as stream

import page
import utime
import words

_MASK = (1 << 30) - 1
_MARGIN_MS = 3600000
_FOREVER_US = 1 << 60

_now = page.get(words.NOW_US)
_horizon = 0
_zero_ms = utime.ticks_ms() + _MARGIN_MS - _now // 1000
_poll = core.IOQueue.wait_io_event
_write = stream.Stream.write


def now_us() -> int:
    # A look at the clock costs a microsecond: a loop that waits by looking comes to an end.
    global _now
    _now += 1
    return _now


def _loop_ms() -> int:
    return _now // 1000 + _zero_ms & _MASK


def spoke() -> None:
    # Bytes have left the board: the bench must see them before time goes on.
    global _horizon
    _horizon = 0


def _idle(until: int) -> None:
    global _now, _horizon
    if until > _horizon:
        page.put(words.NOW_US, _now)
        page.put(words.IDLE_UNTIL_US, until)
        page.wait_for_bench()
        _now = page.get(words.NOW_US)
        _horizon = page.get(words.HORIZON_US)
    elif until > _now:
        _now = until


def sleep_us(us: int) -> None:
    end = _now + us
    while _now < end:
        _idle(end)


def _wait_io_event(queue: object, wait_ms: int) -> None:
    # In place of the loop's own: below 0 only a stream can wake it.
    watched = queue.map
    if watched:
        _poll(queue, 0)
    if wait_ms < 0:
        while not core._task_queue.peek():
            _idle(_FOREVER_US)
            _poll(queue, 0)
    elif wait_ms and not (watched and core.ticks_diff(core._task_queue.peek().ph_key, _loop_ms()) <= 0):
        _idle((_now // 1000 + wait_ms) * 1000)


def _stream_write(self: object, data: bytes) -> object:
    spoke()
    return _write(self, data)


core.ticks = _loop_ms
core.IOQueue.wait_io_event = _wait_io_event
stream.Stream.write = _stream_write
