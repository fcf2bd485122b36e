# A UART part's driver, its sampler and a part on a line in memory, by the settings of the sensor; and frames by encoders of our own.

from contract.settings import with_defaults
from firmware.tests.line import Line, run_until
from node import parts
from node.sampler import Sampler


def big_endian(*words: int) -> bytes:
    return b"".join(bytes((word >> 8 & 255, word & 255)) for word in words)


def frame_of(words: list) -> bytes:
    """A frame that begins as those of Plantower and Honeywell do: its length, the words, their sum."""
    frame = b"\x42\x4d" + big_endian(2 * len(words) + 2, *words)
    return frame + big_endian(sum(frame))


class Bench:
    def __init__(self, part: object, name: str, start_ms: int = 0, **settings: object):
        sensor = {"slot": 4, "part": name, "port": 0}
        sensor.update(settings)
        [self.sensor] = with_defaults({"sensors": [sensor]})["sensors"]
        self.part = part
        self.start = start_ms
        self.line = Line(part, start_ms)
        self.sampler = Sampler(parts.channels([self.sensor]), self.line.uptime_ms)
        [self.driver] = parts.build([self.sensor], lambda number, line: self.line, self.sampler, self.line.uptime_ms)

    def until(self, ms: int) -> "Bench":
        run_until(self.driver, self.line, self.start + ms)
        return self

    def rows(self) -> dict:
        """{quantity: [quality, n(, mean, min, max)]} since the rows before."""
        return {row[1]: row[2:] for row in self.sampler.close()}

    def qualities(self) -> set:
        return {row[0] for row in self.rows().values()}

    def warm(self) -> "Bench":
        self.until(31000)
        self.sampler.close()
        return self
