"""What goes wrong on a line or inside a part, on purpose and from a seed. Knows nothing of protocols: a chunk is what a part sends at once.

One `Faults` serves one direction of one line, and may serve the part on it too; the kinds tell who obeys them. Every kind has its own
generator, so that switching one on does not change what another does. `injected` counts what was really done, in the unit of the
table. `str()` names the seed: print it.
"""

import random
from collections.abc import Iterable
from typing import NamedTuple


class Kind(NamedTuple):
    obeyed_by: str  # "line" or "part"
    level: str  # what the level means; a probability is in (0, 1]
    counted: str


KINDS = {
    "silence": Kind("line", "probability per chunk", "chunks swallowed"),
    "wrong_crc": Kind("line", "probability per chunk", "chunks whose last byte was changed"),
    "duplicate": Kind("line", "probability per chunk", "chunks sent twice"),
    "foreign": Kind("line", "probability per chunk", "bursts of 1 to 16 foreign bytes before a chunk"),
    "garble": Kind("line", "probability per byte", "bytes changed"),
    "drop": Kind("line", "probability per byte", "bytes lost"),
    "split": Kind("line", "probability per chunk", "chunks cut in two, 2 to 40 ms apart"),
    "delay": Kind("line", "greatest delay in ms", "chunks held back; their order is kept"),
    "stuck": Kind("part", "1", "readings shown from before the window"),
    "exception": Kind("part", "probability per request", "Modbus exceptions 4 (device failure)"),
}
MAX_FOREIGN_BYTES = 16
SPLIT_GAP_MS = (2, 40)


class Window(NamedTuple):
    level: float
    start_ms: float
    end_ms: float


class Faults:
    """Nothing is wrong until `on`. Switched by a test's thread while the host's reads."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.injected = dict.fromkeys(KINDS, 0)
        self._windows: dict[str, tuple[Window, ...]] = dict.fromkeys(KINDS, ())
        self._random = {kind: random.Random(f"{seed}:{kind}") for kind in KINDS}
        self._free_ms = 0.0  # when the last piece of what went before leaves

    def __str__(self) -> str:
        done = ", ".join(f"{kind} {count}" for kind, count in self.injected.items() if count)
        return f"faults of seed {self.seed}: {done or 'none injected'}"

    def on(self, kind: str, level: float = 1.0, start_ms: float = 0, end_ms: float = float("inf")) -> None:
        """From `start_ms` until before `end_ms` of the bench's time. Windows add up; where two overlap the later call counts."""
        allowed = "above 0" if kind == "delay" else "above 0, at most 1"
        if level <= 0 or (level > 1 and kind != "delay"):
            raise ValueError(f"{kind} {level}: {KINDS[kind].level}, {allowed}")
        self._windows[kind] = (Window(level, start_ms, end_ms), *self._windows[kind])

    def off(self, *kinds: str) -> None:
        """These kinds, or all of them; counters stay. Raises KeyError on an unknown kind."""
        for kind in kinds or KINDS:
            if kind not in KINDS:
                raise KeyError(kind)
            self._windows[kind] = ()

    def level(self, kind: str, now_ms: float) -> float:
        for window in self._windows[kind]:
            if window.start_ms <= now_ms < window.end_ms:
                return window.level
        return 0.0

    def strikes(self, kind: str, now_ms: float) -> bool:
        """One draw; True is counted as done."""
        level = self.level(kind, now_ms)
        struck = level > 0 and self._random[kind].random() < level
        self.injected[kind] += struck
        return struck

    def damage(self, chunk: bytes, now_ms: float) -> list[tuple[float, bytes]]:
        """What becomes of a chunk on the line: pieces with the time at which each leaves, in order."""
        if self.strikes("silence", now_ms):
            return []
        data = self._framed(bytearray(chunk), now_ms)
        data = bytearray(self._bytewise(data, now_ms))
        return self._timed(bytes(data), now_ms) if data else []

    def _framed(self, data: bytearray, now_ms: float) -> bytearray:
        if data and self.strikes("wrong_crc", now_ms):
            data[-1] ^= self._random["wrong_crc"].randrange(1, 256)
        if self.strikes("duplicate", now_ms):
            data = data + data
        if self.strikes("foreign", now_ms):
            dice = self._random["foreign"]
            data = bytearray(dice.randbytes(dice.randint(1, MAX_FOREIGN_BYTES))) + data
        return data

    def _bytewise(self, data: bytearray, now_ms: float) -> Iterable[int]:
        for byte in data:
            garbled = byte
            if self.strikes("garble", now_ms):
                garbled ^= self._random["garble"].randrange(1, 256)
            if not self.strikes("drop", now_ms):
                yield garbled

    def _timed(self, data: bytes, now_ms: float) -> list[tuple[float, bytes]]:
        start = max(now_ms, self._free_ms)
        longest = self.level("delay", now_ms)
        if longest:
            start = max(start, now_ms + self._random["delay"].uniform(0, longest))
            self.injected["delay"] += 1
        self._free_ms = start
        if len(data) < 2 or not self.strikes("split", now_ms):
            return [(start, data)]
        dice = self._random["split"]
        cut = dice.randrange(1, len(data))
        self._free_ms = start + dice.uniform(*SPLIT_GAP_MS)
        return [(start, data[:cut]), (self._free_ms, data[cut:])]
