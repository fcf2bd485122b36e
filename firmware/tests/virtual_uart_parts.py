# A SDS011 and a HPMA115 that hang on a Line: what they say and obey, with encoders of their own. A test may make them deaf or silent.

from firmware.tests.uart_bench import big_endian, frame_of


class _Part:
    """deaf: how many commands it does not hear; silent: it has no power; acknowledges: whether it answers commands."""

    def __init__(self, pace_ms: int = 1000):
        self.pace_ms = pace_ms
        self.streams = True
        self.asleep = False
        self.silent = False
        self.acknowledges = True
        self.deaf = 0
        self.commands = []
        self._next_ms = 0
        self._out = []

    def handle(self, data: bytes, now: int) -> None:
        if self.silent:
            return
        if self.deaf:
            self.deaf -= 1
            return
        said = self._obey(data, now)
        if said:
            self._out.append((now + 10, said))

    def say(self, at: int, data: bytes) -> None:
        """Besides what it says anyway."""
        self._out.append((at, data))

    def next_due(self) -> "int | None":
        if self.silent:
            return None
        times = [at for at, _ in self._out]
        if self.streams and not self.asleep:
            times.append(self._next_ms)
        return min(times) if times else None

    def next_action(self, now: int) -> "bytes | None":
        if self.silent:
            self._next_ms = now + self.pace_ms
        elif self._out and self._out[0][0] <= now:
            return self._out.pop(0)[1]
        elif self.streams and not self.asleep and self._next_ms <= now:
            self._next_ms = now + self.pace_ms
            return self.streamed()
        return None

    def _wake(self, now: int) -> None:
        self.asleep = False
        self._next_ms = now + self.pace_ms


class Sds011(_Part):
    def __init__(self, pace_ms: int = 1000):
        super().__init__(pace_ms)
        self.pm2_5, self.pm10 = 123, 245  # tenths
        self.id = 0xA160
        self.version = (15, 7, 10)
        self.period = 5

    def streamed(self) -> bytes:
        return self._said(0xC0, bytes((self.pm2_5 & 255, self.pm2_5 >> 8, self.pm10 & 255, self.pm10 >> 8)))

    def _said(self, kind: int, values: bytes) -> bytes:
        body = values + big_endian(self.id)
        return bytes((0xAA, kind)) + body + bytes((sum(body) & 255, 0xAB))

    def _obey(self, data: bytes, now: int) -> "bytes | None":
        if len(data) != 19 or data[17] != sum(data[2:17]) & 255:
            return None
        d1, _, d3 = data[2:5]
        self.commands.append((d1, d3))
        if self.asleep and (d1, d3) != (6, 1):
            return None
        if d1 == 4:
            return self.streamed()
        if d1 == 2:
            self.streams = d3 == 0
        elif d1 == 6 and d3:
            self._wake(now)
        elif d1 == 6:
            self.asleep = True
        elif d1 == 8:
            self.period = d3
        if not self.acknowledges:
            return None
        return self._said(0xC5, bytes((d1,)) + (bytes(self.version) if d1 == 7 else bytes((data[3], d3, 0))))


class Hpma115(_Part):
    def __init__(self, compact: bool = False, pace_ms: int = 1000):
        super().__init__(pace_ms)
        self.compact = compact
        self.sizes = [48, 49, 50, 51]  # PM1, 2.5, 4, 10

    def streamed(self) -> bytes:
        masses = self.sizes if self.compact else [0, self.sizes[1], self.sizes[3], 0]
        return frame_of(masses + [0] * 9)

    def _obey(self, data: bytes, now: int) -> "bytes | None":
        if len(data) != 4 or sum(data) & 255:
            return None
        code = data[2]
        self.commands.append(code)
        if code == 4:
            return b"\x96\x96" if self.asleep else self._reply()
        if code == 1:
            self._wake(now)
        elif code == 2:
            self.asleep = True
        else:
            self.streams = code == 0x40
        return b"\xa5\xa5" if self.acknowledges else None

    def _reply(self) -> bytes:
        body = big_endian(*self.sizes) + bytes(4) if self.compact else big_endian(self.sizes[1], self.sizes[3])
        reply = bytes((0x40, len(body) + 1, 4)) + body
        return reply + bytes((-sum(reply) & 255,))
