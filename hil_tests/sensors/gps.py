"""A GPS receiver that speaks NMEA 0183 once a second: GGA, RMC and a GSV between. Not modelled: satellites, its own start-up."""

_SECOND_MS = 1000


def sealed(body: str) -> bytes:
    check = 0
    for character in body:
        check ^= ord(character)
    return f"${body}*{check:02X}\r\n".encode()


def angle(degrees: float, digits: int, sides: str) -> str:
    whole = int(abs(degrees))
    return f"{whole:0{digits}d}{60 * (abs(degrees) - whole):08.5f},{sides[degrees < 0]}"


class GpsReceiver:
    """Where it is, is set by the test: place None is no fix."""

    def __init__(self, place: tuple[float, float] | None, knots: float = 0.0) -> None:
        self.place = place
        self.knots = knots
        self._due_ms: float | None = None
        self._second = 0

    def handle(self, data: bytes, now_ms: int) -> None:
        """It takes no commands."""

    def next_action(self, now_ms: int) -> bytes | None:
        if self._due_ms is None:
            self._due_ms = float(now_ms)
        if now_ms < self._due_ms:
            return None
        self._due_ms += _SECOND_MS
        self._second = (self._second + 1) % 86_400
        return self._sentences()

    def _sentences(self) -> bytes:
        time = f"{self._second // 3600:02d}{self._second // 60 % 60:02d}{self._second % 60:02d}.00"
        where = ",,," if self.place is None else f"{angle(self.place[0], 2, 'NS')},{angle(self.place[1], 3, 'EW')}"
        known, valid = (0, "V") if self.place is None else (1, "A")
        gga = sealed(f"GNGGA,{time},{where},{known},08,1.01,12.6,M,8.0,M,,")
        rmc = sealed(f"GNRMC,{time},{valid},{where},{self.knots:.3f},77.52,091226,,,A")
        return gga + sealed("GPGSV,1,1,01,23,38,230,44") + rmc

    def next_due(self) -> float | None:
        return self._due_ms or 0.0

    def power(self, on: bool) -> None:
        self._due_ms = None
