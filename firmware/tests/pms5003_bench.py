# A PMS5003 driver, its sampler and a part on a line in memory.

from firmware.tests.line import Line, run_until
from node.drivers import plantower
from node.sampler import Sampler


class Bench:
    def __init__(self, part: object, mode: str = "active", poll_ms: int = 2000, start_ms: int = 0, name: str = "pms5003"):
        self.part = part
        self.start = start_ms
        self.line = Line(part, start_ms)
        self.sampler = Sampler(plantower.channels(4, name), self.line.uptime_ms)
        sensor = {"slot": 4, "part": name, "mode": mode, "poll_ms": poll_ms}
        self.driver = plantower.build(sensor, self.line, self.sampler, self.line.uptime_ms)

    def until(self, ms: int) -> None:
        run_until(self.driver, self.line, self.start + ms)

    def rows(self) -> dict:
        return {row[1]: row[2:] for row in self.sampler.close()}

    def qualities(self) -> set:
        return {row[0] for row in self.rows().values()}

    def warm(self) -> "Bench":
        self.until(31000)
        self.sampler.close()
        return self
