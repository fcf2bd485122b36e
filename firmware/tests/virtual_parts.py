# What hangs on a Line: sensors with encoders of their own (nothing of the drivers), which a test may damage.


def plantower_frame(words: list, firmware: int = 151, error: int = 0) -> bytes:
    """words: the 12 of a PMS5003 data frame."""
    frame = b"\x42\x4d\x00\x1c" + b"".join(bytes((w >> 8, w & 255)) for w in words) + bytes((firmware, error))
    return frame + bytes((sum(frame) >> 8, sum(frame) & 255))


def words(pm1: int, pm2_5: int, pm10: int) -> list:
    return [pm1, pm2_5, pm10, pm1, pm2_5, pm10, 900, 300, 90, 30, 9, 3]


def with_crc(body: bytes) -> bytes:
    """CRC-16/MODBUS bit by bit, as the specification describes it."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return body + bytes((crc & 255, crc >> 8))


class Scripted:
    """Says given bytes at given times, and hears nothing."""

    def __init__(self, script: list):
        self._script = list(script)

    def handle(self, data: bytes, now: int) -> None:
        pass

    def next_due(self) -> "int | None":
        return self._script[0][0] if self._script else None

    def next_action(self, now: int) -> "bytes | None":
        return self._script.pop(0)[1] if self._script and self._script[0][0] <= now else None


class Plantower:
    """A PMS5003 that streams, is asked, sleeps and acknowledges. deaf: how many commands it does not hear; silent: it has no power."""

    def __init__(self, mode: str = "active", pace_ms: int = 1000):
        self.mode = mode
        self.pace_ms = pace_ms
        self.asleep = False
        self.silent = False
        self.acknowledges = True
        self.deaf = 0
        self.words = words(7, 12, 15)
        self.firmware = 151
        self.error = 0
        self.commands = []
        self._next_ms = 0
        self._out = []

    def handle(self, data: bytes, now: int) -> None:
        if self.silent:
            return
        if self.deaf:
            self.deaf -= 1
            return
        code, value = data[2], data[4]
        self.commands.append((code, value))
        if code == 0xE2:
            if not self.asleep and self.mode == "passive":
                self._out.append((now + 20, self._frame()))
            return
        if code == 0xE1:
            self.mode = "active" if value else "passive"
        elif code == 0xE4:
            self.asleep = value == 0
            self.mode = "active"  # passive mode is not kept over sleep
            self._next_ms = now + self.pace_ms
        if self.acknowledges:
            ack = bytes((0x42, 0x4D, 0, 4, code, value))
            self._out.append((now + 10, ack + bytes((sum(ack) >> 8, sum(ack) & 255))))

    def say(self, at: int, data: bytes) -> None:
        """Besides what it says anyway."""
        self._out.append((at, data))

    def next_due(self) -> "int | None":
        if self.silent:
            return None
        times = [at for at, _ in self._out]
        if self._streams():
            times.append(self._next_ms)
        return min(times) if times else None

    def next_action(self, now: int) -> "bytes | None":
        if self.silent:
            self._next_ms = now + self.pace_ms
            return None
        if self._out and self._out[0][0] <= now:
            return self._out.pop(0)[1]
        if self._streams() and self._next_ms <= now:
            self._next_ms = now + self.pace_ms
            return self._frame()
        return None

    def _streams(self) -> bool:
        return self.mode == "active" and not self.asleep

    def _frame(self) -> bytes:
        return plantower_frame(self.words, self.firmware, self.error)


class Slaves:
    """Modbus slaves by address: {address: {register: raw word}}. answers: {address: f(request, reply) -> [(delay ms, bytes), ...]}
    replaces the prompt answer of a slave; dead: addresses that say nothing."""

    def __init__(self, registers: dict):
        self.registers = registers
        self.answers = {}
        self.dead = set()
        self.asked = []  # (time, address)
        self._out = []

    def handle(self, data: bytes, now: int) -> None:
        address, function = data[0], data[1]
        self.asked.append((now, address))
        if address in self.dead or address not in self.registers or with_crc(data[:-2]) != data:
            return
        first, count = data[2] << 8 | data[3], data[4] << 8 | data[5]
        bank = self.registers[address]
        if all(first + i in bank for i in range(count)):
            values = b"".join(bytes((bank[first + i] >> 8, bank[first + i] & 255)) for i in range(count))
            reply = with_crc(bytes((address, function, 2 * count)) + values)
        else:
            reply = with_crc(bytes((address, function | 0x80, 2)))
        prompt = [(15, reply)]
        for delay, said in self.answers[address](data, reply) if address in self.answers else prompt:
            self._out.append((now + delay, said))
        self._out.sort(key=lambda pair: pair[0])

    def next_due(self) -> "int | None":
        return self._out[0][0] if self._out else None

    def next_action(self, now: int) -> "bytes | None":
        return self._out.pop(0)[1] if self._out and self._out[0][0] <= now else None
