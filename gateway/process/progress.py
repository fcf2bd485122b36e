"""Whether the gateway still does its work: what the watchdog is fed by. Pure.

Work is done when the disk is written or refuses, and when a batch of what waits is answered or fails. A fleet that is away is no
standstill, since every attempt ends; neither is a full disk. Standing still is when neither happens though it should.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProgressSample:
    """One look at the gateway. Counts only rise.

    store_answers: operations that the writer's thread has ended, well or not; asked_store: whether one is under way.
    attempts: batches for the fleet that were answered or failed; waiting: whether anything waits for the fleet.
    """

    store_answers: int
    asked_store: bool
    attempts: int
    waiting: bool


class ProgressWatch:
    def __init__(self, store_limit_s: float, uplink_limit_s: float, now_s: float) -> None:
        """Longest time without an answer of the store; longest without an ended attempt while something waits."""
        self._store_limit_s = store_limit_s
        self._uplink_limit_s = uplink_limit_s
        self._look = ProgressSample(0, False, 0, False)
        self._store_s = now_s
        self._uplink_s = now_s

    def observe(self, look: ProgressSample, now_s: float) -> None:
        if look.store_answers != self._look.store_answers or not look.asked_store:
            self._store_s = now_s
        if look.attempts != self._look.attempts or not look.waiting:
            self._uplink_s = now_s
        self._look = look

    def standstill(self, now_s: float) -> str | None:
        """What stands still, in words; None while all goes on."""
        if now_s - self._store_s > self._store_limit_s:
            return f"the store has not answered for {now_s - self._store_s:.0f} s"
        if now_s - self._uplink_s > self._uplink_limit_s:
            return f"something waits, and no attempt to send it has ended for {now_s - self._uplink_s:.0f} s"
        return None
