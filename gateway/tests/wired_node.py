"""A node at the other end of a serial line: the contract's secondary station on the test's end of a pseudo-terminal."""

import asyncio
import contextlib
import os
from typing import Any

from contract import authentication, messages, topics
from contract.serial_link import Secondary
from gateway.tests.parts import CLOCK
from gateway.tests.site import key_of, sealed
from gateway.tests.terminals import Terminal


class WiredNode:
    """Answers its polls with what `say` has put up, keeps what comes down. Opens nothing: the terminal is the test's."""

    def __init__(self, name: str, address: int, terminal: Terminal) -> None:
        self.name = name
        self.down: list[tuple[str, dict[str, Any]]] = []
        self._terminal = terminal
        self._secondary = Secondary(address, {})
        self._up: list[bytes] = []
        self._watched = -1
        self.changed = asyncio.Condition()

    def say(self, kind: str, body: dict[str, Any], name: str | None = None) -> None:
        speaker = name or self.name
        self._up.append(topics.name(topics.UP, speaker, kind).encode() + b" " + sealed(speaker, kind, body))

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [body for what, body in self.down if what == kind]

    def attach(self) -> None:
        self._watched = self._terminal.master
        asyncio.get_running_loop().add_reader(self._watched, self._hear)

    def detach(self) -> None:
        if self._watched >= 0:
            asyncio.get_running_loop().remove_reader(self._watched)
            self._watched = -1

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):  # nobody has the other end open yet
            self._secondary.feed(os.read(self._watched, 4096), CLOCK.monotonic_ms())
        if not self._secondary.next_poll():
            return
        while (message := self._secondary.next_message()) is not None:
            name, _, payload = message.partition(b" ")
            _, node, kind = name.decode().split("/")
            body = authentication.unseal(key_of(node), topics.DOWN, node, kind, payload)
            self.down.append((kind, messages.read(kind, body)))
        up = self._up.pop(0) if self._up and self._secondary.is_free else None
        os.write(self._watched, self._secondary.answer(up))
