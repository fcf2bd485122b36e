# The serial port over a UART in memory: time-outs, the driver pin, partial writes.

import asyncio

from node.port import Port


class Uart:
    """machine.UART as far as Port uses it. accepts: how many bytes each write takes (the last one repeats)."""

    def __init__(self, accepts: tuple = (1000,)):
        self.log = []
        self.incoming = b""
        self._accepts = list(accepts)

    def init(self, **line: object) -> None:
        self.log.append(("init", line))

    def any(self) -> int:
        return len(self.incoming)

    def readinto(self, view: memoryview) -> "int | None":
        n = min(len(view), len(self.incoming))
        view[:n] = self.incoming[:n]
        self.incoming = self.incoming[n:]
        return n or None

    def write(self, data: bytes) -> "int | None":
        n = min(len(data), self._accepts.pop(0) if len(self._accepts) > 1 else self._accepts[0])
        self.log.append(("write", bytes(data[:n])))
        return n or None

    def flush(self) -> None:
        self.log.append(("flush", None))


class Pin:
    def __init__(self, log: list):
        self._log = log

    def __call__(self, level: int) -> None:
        self._log.append(("de", level))


class Steps:
    # A clock that a look at it moves on.
    def __init__(self, step_ms: int):
        self._now = 0
        self._step = step_ms

    def __call__(self) -> int:
        self._now += self._step
        return self._now


def port(uart: Uart, de: bool = False, step_ms: int = 10) -> Port:
    return Port(uart, Steps(step_ms), Pin(uart.log) if de else None)


def test_bytes_that_are_there_are_read_up_to_the_view() -> None:
    uart = Uart()
    uart.incoming = b"abcdef"
    view = memoryview(bytearray(4))
    reader = port(uart)
    assert asyncio.run(reader.readinto(view, 0)) == 4
    assert bytes(view) == b"abcd"
    assert asyncio.run(reader.readinto(view, 0)) == 2


def test_silence_ends_with_the_time() -> None:
    assert asyncio.run(port(Uart(), step_ms=50).readinto(memoryview(bytearray(4)), 200)) == 0


def test_bytes_that_come_later_are_waited_for() -> None:
    uart = Uart()

    async def scene() -> int:
        async def speak() -> None:
            uart.incoming = b"xyz"

        speaking = asyncio.create_task(speak())
        n = await port(uart, step_ms=1).readinto(memoryview(bytearray(8)), 1000)
        await speaking
        return n

    assert asyncio.run(scene()) == 3


def test_the_driver_is_on_from_the_first_to_the_last_bit() -> None:
    uart = Uart()
    assert asyncio.run(port(uart, de=True).write(b"12345678"))
    assert uart.log == [("de", 1), ("write", b"12345678"), ("flush", None), ("de", 0)]


def test_a_full_transmit_buffer_gets_the_rest_later() -> None:
    uart = Uart(accepts=(3, 0, 2, 100))
    assert asyncio.run(port(uart).write(b"abcdefgh"))
    assert b"".join(data for verb, data in uart.log if verb == "write") == b"abcdefgh"


def test_a_uart_that_takes_nothing_is_given_up_and_the_driver_goes_off() -> None:
    uart = Uart(accepts=(0,))
    assert not asyncio.run(port(uart, de=True).write(b"abc"))
    assert uart.log[-1] == ("de", 0)


def test_what_the_uart_takes_at_once_is_not_waited_for() -> None:
    uart = Uart(accepts=(3,))
    assert port(uart).write_now(b"abcdef") == 3
    assert uart.log == [("write", b"abc")]


def test_nothing_is_said_at_once_where_a_driver_has_to_be_held() -> None:
    uart = Uart()
    assert port(uart, de=True).write_now(b"abc") == 0
    assert uart.log == []


def test_a_wait_in_pieces_ends_with_bytes_or_with_its_time() -> None:
    uart = Uart()
    waiting = port(uart, step_ms=50)
    waiting.expect(500)
    pauses = [waiting.next_pause() for _ in range(20)]
    assert pauses[0] == 10 and pauses[-1] == 0  # soon; over
    assert max(pauses) == 50  # who waits for longer looks less often
    waiting.expect(500)
    uart.incoming = b"x"
    assert waiting.next_pause() == 0
    view = memoryview(bytearray(4))
    assert [waiting.read(view), waiting.read(view)] == [1, 0]


def test_the_line_is_set_and_with_it_the_length_of_a_character() -> None:
    for line, parity, character_us in (((9600, 8, "N", 1), None, 1042), ((4800, 8, "E", 1), 0, 2292), ((19200, 8, "O", 2), 1, 625)):
        uart = Uart()
        one = port(uart)
        one.reconfigure(line)
        assert uart.log == [("init", {"baudrate": line[0], "bits": line[1], "parity": parity, "stop": line[3]})]
        assert one.character_us == character_us
