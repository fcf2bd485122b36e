# asyncio at the board's rate. Its loop keeps the host's clock (its tasks are C and know no other); what changes is how long
# each wait lasts: `sleep`, `sleep_ms`, and with them `wait_for` and `wait_for_ms`, whose timeouts are sleeps.
# To be applied before asyncio.funcs is imported: that binds `sleep` at its import.

import asyncio
import asyncio.core
import time

import utime

_sleep_ms = asyncio.core.sleep_ms


def sleep_ms(ms: int) -> object:
    # The loop's ticks are whole milliseconds, cut off: what is missing to the next one counts too, or the wait is short.
    if ms <= 0:
        return _sleep_ms(0)
    return _sleep_ms((utime.ticks_us() % 1000 + time.real_us(ms * 1000) + 999) // 1000)


def sleep(seconds: "int | float") -> object:
    return sleep_ms(int(seconds * 1000))


def apply() -> None:
    for module in (asyncio, asyncio.core):
        module.sleep = sleep
        module.sleep_ms = sleep_ms
