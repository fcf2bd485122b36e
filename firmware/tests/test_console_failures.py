"""What a technician types may fail; the node and its console go on. On CPython: the terminal is a pipe."""

import asyncio
import os
import sys

import pytest

from node.console_input import listen


class Terminal:
    """What stdin is to the node: something to poll, with bytes in it."""

    def __init__(self, buffer):
        self.buffer = buffer
        self.fileno = buffer.fileno


def test_a_line_that_fails_is_answered_and_the_next_one_counts(monkeypatch: pytest.MonkeyPatch, capsys):
    there, here = os.pipe()
    os.write(here, b"status\nhelp\n")  # without a node there is no status
    os.close(here)
    with open(there, "rb", buffering=0) as typed_here:
        monkeypatch.setattr(sys, "stdin", Terminal(typed_here))
        asyncio.run(listen(None))
    failure, answer = capsys.readouterr().out.split("\n", 1)
    assert failure.startswith("error: ")
    assert "selftest" in answer
