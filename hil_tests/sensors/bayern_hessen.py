"""A monitor that speaks Bayern-Hessen: answers "DA" with all its values. Not modelled: control commands, its address.

STX MD cc ( SP kkk SP +nnnn+ee SP ss SP ff SP mmm SP eeeeee )* SP ETX BCC BCC
"""

from functools import reduce


def sealed(text: str) -> bytes:
    telegram = b"\x02" + text.encode() + b"\x03"
    return telegram + f"{reduce(lambda found, byte: found ^ byte, telegram, 0):02X}".encode()


class HessenMonitor:
    """values: number -> (mantissa, exponent)."""

    def __init__(self, values: dict[int, tuple[int, int]]) -> None:
        self.values = values
        self.status = 0
        self.error = 0
        self.asked = 0
        self._heard = b""
        self._out: list[bytes] = []

    def handle(self, data: bytes, now_ms: int) -> None:
        self._heard += data
        question = sealed("DA")
        while question in self._heard:
            self._heard = self._heard.split(question, 1)[1]
            self.asked += 1
            told = "".join(
                f" {number:03d} {mantissa:+05d}{exponent:+03d} {self.status:02X} {self.error:02X} 097 000123"
                for number, (mantissa, exponent) in self.values.items()
            )
            self._out.append(sealed(f"MD{len(self.values):02d}{told} "))

    def next_action(self, now_ms: int) -> bytes | None:
        return self._out.pop(0) if self._out else None

    def next_due(self) -> float | None:
        return 0.0 if self._out else None

    def power(self, on: bool) -> None:
        self._heard, self._out = b"", []
