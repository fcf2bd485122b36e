"""A Met One BAM-1020 at its serial port: query commands and the classic menu, an hour at a time. Not modelled: its other reports, its pump.

It echoes what it hears, as the real one does, and prints CR LF. `hour` makes the next hour; letters are those of its error columns.
"""

from datetime import UTC, datetime

LETTERS = "EUMILRNFPDCT"
_NAMES = "Time,Conc(mg/m3),Qtot(m3),AT(C)," + ",".join(LETTERS)
_MENU = "\r\n* BAM 1020 * System Menu\r\n6 - CSV Type Reports\r\n*"


class Bam1020:
    """Devices of the bench: `handle` what the gateway says, `next_action` what it answers."""

    def __init__(self) -> None:
        self.records: list[str] = []
        self.asked = 0  # for the last record
        self._heard = b""
        self._out: list[bytes] = []
        self._returns = 0
        self._in_menu = False

    def hour(self, end_s: int, mg_m3: float, letters: str = "") -> None:
        """Of the hour that ended at end_s by its own clock, which counts as if it were UTC."""
        end = datetime.fromtimestamp(end_s, UTC).strftime("%m/%d/%y %H:%M")
        flags = ",".join("1" if letter in letters else "0" for letter in LETTERS)
        self.records.append(f"{end},{mg_m3:7.4f}, 0.833, 27.4,{flags}")

    def handle(self, data: bytes, now_ms: int) -> None:
        for byte in data:
            self._key(bytes((byte,)))

    def _key(self, key: bytes) -> None:
        self._out.append(key)
        if self._heard.startswith(b"\x1b"):
            self._heard += key
            if key == b"\r":
                self._command(self._heard[1:-1])
                self._heard = b""
        elif key == b"\x1b":
            self._heard = key
        elif key == b"\r":
            self._returns += 1
            if self._returns == 3:
                self._returns, self._in_menu = 0, True
                self._print(_MENU)
        elif self._in_menu and key == b"6":
            self._print("\r\n2 - all\r\n3 - new\r\n4 - last\r\n>")
        elif self._in_menu and key == b"4":
            self._print("\r\nStation, 1\r\n" + _NAMES + "\r\n" + self._last() + "\r\n")
            self._in_menu = False

    def _command(self, command: bytes) -> None:
        if command == b"QH":
            self._print("\r\n" + _NAMES + "\r\n")
        elif command == b"Q":
            self._print("\r\n" + self._last() + "\r\n")

    def _last(self) -> str:
        self.asked += 1
        return self.records[-1] if self.records else ""

    def _print(self, text: str) -> None:
        self._out.append(text.encode())

    def next_action(self, now_ms: int) -> bytes | None:
        return self._out.pop(0) if self._out else None

    def next_due(self) -> float | None:
        return 0.0 if self._out else None

    def power(self, on: bool) -> None:
        self._heard, self._out = b"", []
