"""One clock for boards, sensors and peers, which stands still while anybody computes: a day takes as long as its work, and load of the
machine cannot be seen from inside.

A board that would sleep asks (device/lockstep.py). When all have asked, everything that is due now is done: what came from the boards is
taken, what sensors and peers have for them is delivered, watchdogs bite. Then time goes to the next thing that is due.
Turned by one thread: that of the test.
"""

import math
import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from hil_tests.board.device import words
from hil_tests.board.errors import NotReachedError
from hil_tests.board.pace import BenchPace, Pace
from hil_tests.board.page import Page
from hil_tests.board.supervisor import Supervisor

# A board that computes for so long hangs: its watchdog, if it has one, may bite.
HANGS_AFTER_S = 10.0
# What a board may do at the most without asking: a peer that was spoken to answers no later.
MOST_AHEAD_US = 1_000_000
ORIGIN_MS = 1_800_000_000_000
_FOREVER_US = 1 << 60


class Peer(Protocol):
    """Somebody at the other end of a wire. Times are bench time in ms."""

    def turn(self, now_ms: int) -> bool:
        """Does what is due; whether a board may have something to read now."""

    def next_due_ms(self) -> float | None: ...


class Board(Protocol):
    """What is asked of a board itself (board.py): its console, for the text of an error."""

    def console(self) -> str: ...


class Joined:
    """One board as the bench sees it."""

    def __init__(self, board: Board, page: Page, supervisor: Supervisor, pace: Pace) -> None:
        self.board = board
        self.page = page
        self.supervisor = supervisor
        self.pace = pace

    @property
    def idle_until_us(self) -> int:
        """_FOREVER_US: it is off, or serves its console."""
        return self.page[words.IDLE_UNTIL_US] if self.page[words.WAITING] == 1 else _FOREVER_US

    def release(self, now_us: int, horizon_us: int) -> None:
        if self.page[words.WAITING] != 1:
            return
        self.page[words.NOW_US] = now_us
        self.page[words.HORIZON_US] = horizon_us
        self.page[words.WAITING] = 0
        os.eventfd_write(self.pace.go_fd, 1)


class Lockstep:
    """Is the `clock` of the sensors too. Boards join by VirtualBoard(lockstep=...), peers and sensors by `add`."""

    rate = 1.0

    def __init__(self, origin_ms: int = ORIGIN_MS, hangs_after_s: float = HANGS_AFTER_S) -> None:
        self._hangs_after_s = hangs_after_s
        self.origin_ms = origin_ms
        self.now_us = 1_000_000
        self.turns = 0
        self._boards: list[Joined] = []
        self._peers: list[Peer] = []

    def now_ms(self) -> int:
        """UTC of the bench."""
        return self.origin_ms + self.now_us // 1000

    def make_pace(self) -> BenchPace:
        return BenchPace(lambda: self.now_us)

    def join(self, board: Board, page: Page, supervisor: Supervisor, pace: Pace) -> None:
        self._boards.append(Joined(board, page, supervisor, pace))

    def leave(self, board: Board) -> None:
        self._boards = [joined for joined in self._boards if joined.board is not board]

    def add(self, peer: Peer) -> None:
        self._peers.append(peer)

    def run_for(self, seconds: float) -> None:
        self.run_until(lambda: False, seconds)

    def run_until(self, condition: Callable[[], bool], within_s: float, what: str | None = None) -> None:
        """Until the condition holds, asked at every standstill; for `within_s` of the bench's time, at the end of which NotReachedError
        is raised if `what` is named."""
        end_us = self.now_us + round(within_s * 1e6)
        while True:
            settled = self._settle()
            if condition():
                return
            if self.now_us >= end_us:
                for joined in self._boards:
                    joined.supervisor.take_output()
                if what is not None and not condition():
                    raise NotReachedError(what, within_s, "".join(joined.board.console() for joined in self._boards))
                return
            if settled:
                self._turn(end_us)

    def _turn(self, end_us: int) -> None:
        self.turns += 1
        now_ms = self.now_ms()
        spoken_to = False
        for peer in self._peers:
            spoken_to |= peer.turn(now_ms)
        ready = [joined for joined in self._boards if spoken_to or joined.idle_until_us <= self.now_us]
        if any(joined.page[words.WAITING] == 1 for joined in ready):
            due_us = min(end_us, self._peers_due_us())
            horizons = [self._horizon_us(joined, ready, due_us) for joined in ready]
            for joined, horizon_us in zip(ready, horizons):
                joined.release(self.now_us, horizon_us)
        else:
            self._advance(end_us)

    def _advance(self, end_us: int) -> None:
        dues = [joined.idle_until_us for joined in self._boards]
        dues += [due for joined in self._boards if (due := joined.supervisor.next_due_us()) is not None]
        self.now_us = max(self.now_us, min(end_us, self._peers_due_us(), *dues))
        self._bite()

    def _bite(self) -> None:
        for joined in self._boards:
            due_us = joined.supervisor.next_due_us()
            if due_us is not None and due_us <= self.now_us:
                joined.supervisor.look()

    def _horizon_us(self, joined: Joined, ready: list[Joined], due_us: int) -> int:
        others = [self.now_us if other in ready else other.idle_until_us for other in self._boards if other is not joined]
        bite_us = joined.supervisor.next_due_us()
        bites = [] if bite_us is None else [bite_us]
        return min(self.now_us + MOST_AHEAD_US, due_us, *others, *bites)

    def _peers_due_us(self) -> int:
        dues = [due for peer in self._peers if (due := peer.next_due_ms()) is not None]
        return (math.ceil(min(dues)) - self.origin_ms) * 1000 if dues else _FOREVER_US

    def _settle(self) -> bool:
        # Until no board computes; False when one hung and was bitten. A board may be ahead, never beyond what was due.
        for joined in self._boards:
            poll = select.poll()
            poll.register(joined.pace.ask_fd, select.POLLIN)
            while joined.supervisor.computes:
                if poll.poll(self._hangs_after_s * 1000):
                    with suppress(BlockingIOError):  # a board that starts again has taken back what it asked
                        os.eventfd_read(joined.pace.ask_fd)
                else:
                    self._hangs(joined)
                    return False
            if joined.page[words.WAITING] == 1:
                self.now_us = max(self.now_us, joined.page[words.NOW_US])
        return True

    def _hangs(self, joined: Joined) -> None:
        bite_us = joined.supervisor.next_due_us()
        if bite_us is None:
            raise NotReachedError("a board that lets time pass", self._hangs_after_s, joined.board.console())
        self.now_us = max(self.now_us, bite_us)
        joined.supervisor.look()
