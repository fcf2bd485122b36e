"""Bytes exchanged with the fleet, as a metered line counts them: bodies as measured, the rest of an exchange as an estimate. Pure."""

# Of one request and its answer: headers, TLS records, TCP and IP with their acknowledgements.
UP_BYTES = 700
DOWN_BYTES = 500


class Traffic:
    def __init__(self) -> None:
        self._up = 0
        self._down = 0

    def up(self, body_bytes: int) -> None:
        self._up += body_bytes + UP_BYTES
        self._down += DOWN_BYTES

    def down(self, body_bytes: int) -> None:
        self._down += body_bytes

    def pop_all(self) -> tuple[int, int]:
        """(up, down) since the last time."""
        taken = self._up, self._down
        self._up = self._down = 0
        return taken

    @property
    def waiting(self) -> int:
        """Both ways, since the last time."""
        return self._up + self._down

    def put_back(self, up: int, down: int) -> None:
        """What was taken and could not be written down."""
        self._up += up
        self._down += down
