"""The local PIN of a site: right, wrong, or asked too often. Pure; the time is handed in.

Ten thousand PINs of four digits are tried in no time by a machine: after a few wrong ones all are refused for a while.
"""

import hmac

MOST_WRONG = 5
LOCKED_S = 600.0

RIGHT, WRONG, LOCKED, NO_PIN = "right", "wrong", "locked", "no_pin"


class PinCheck:
    def __init__(self, pin: str) -> None:
        """An empty one is never right."""
        self._pin = pin
        self._wrong = 0
        self._locked_until_s = 0.0

    def judge(self, given: str, now_s: float) -> str:
        if not self._pin:
            return NO_PIN
        if now_s < self._locked_until_s:
            return LOCKED
        if hmac.compare_digest(given.encode(), self._pin.encode()):
            self._wrong = 0
            return RIGHT
        self._wrong += 1
        if self._wrong >= MOST_WRONG:
            self._wrong, self._locked_until_s = 0, now_s + LOCKED_S
        return WRONG
