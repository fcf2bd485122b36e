# What MicroPython has and CPython has not, so that one source runs, and is tested, on both. Knows nothing of air, wires or messages.

try:
    from micropython import const
except ImportError:  # CPython

    def const(value: int) -> int:
        return value


try:
    from asyncio import sleep_ms
except ImportError:  # CPython
    import asyncio

    async def sleep_ms(ms: int) -> None:
        await asyncio.sleep(ms / 1000)
