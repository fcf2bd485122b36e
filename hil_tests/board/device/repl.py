# The console of a board whose program has ended: a friendly prompt of single lines, and the raw REPL that mpremote speaks.
#
#   Ctrl-A  raw REPL     Ctrl-B  friendly     Ctrl-C  drop the line     Ctrl-D  soft reset (raw: run what was typed)
#   raw:  source, Ctrl-D  ->  "OK", what it prints, 04, its traceback, 04, ">"       (no raw paste: 05 'A' 01 is answered "R" 00)

import io
import sys

import page
import words

_RAW_BANNER = "raw REPL; CTRL-B to exit\r\n>"
_BANNER = "MicroPython %d.%d on the virtual board\r\n>>> " % sys.implementation.version[:2]


def _say(text: str) -> None:
    sys.stdout.write(text)


def _key() -> int:
    key = sys.stdin.buffer.read(1)
    if not key:  # no host any more
        page.die(0)
    return key[0]


def _run(code: str, kind: str, names: dict) -> "str | None":
    # The traceback, or None.
    page.put(words.INTERRUPTIBLE, 1)
    try:
        exec(compile(code, "<stdin>", kind), names)
    except SystemExit:
        page.die(words.EXIT_SOFT_RESET)
    except BaseException as error:  # noqa: BLE001 - the outer edge of what was typed
        trace = io.StringIO()
        sys.print_exception(error, trace)
        return trace.getvalue()
    finally:
        page.put(words.INTERRUPTIBLE, 0)


def _soft_reset(raw: bool) -> None:
    # "soft reboot" is what mpremote waits for.
    page.put(words.RAW_REPL, 1 if raw else 0)
    _say("OK\r\nMPY: soft reboot\r\n" if raw else "\r\nMPY: soft reboot\r\n")
    page.die(words.EXIT_SOFT_RESET)


def _raw_line() -> "bytearray | None":
    # Source as typed, None for Ctrl-B.
    line = bytearray()
    while True:
        key = _key()
        if key == 1:
            line = bytearray()
            _say(_RAW_BANNER)
        elif key == 2:
            return None
        elif key == 3:
            line = bytearray()
        elif key == 4:
            return line
        elif key == 5 and not line:
            _key()
            _key()
            _say("R\x00")
        else:
            line.append(key)


def _raw(names: dict) -> None:
    _say(_RAW_BANNER)
    while True:
        line = _raw_line()
        if line is None:
            return
        if not line:
            _soft_reset(True)
        _say("OK")
        _say("\x04" + (_run(line.decode(), "exec", names) or "") + "\x04>")


def _friendly(names: dict) -> None:
    # Until Ctrl-A.
    _say(_BANNER)
    line = bytearray()
    while True:
        key = _key()
        if key == 1:
            return
        if key == 4 and not line:
            _soft_reset(False)
        if key in b"\x02\x03":
            line = bytearray()
            _say("\r\n>>> ")
        elif key == 13:
            _say("\r\n")
            trace = _run(line.decode(), "single", names) if line else None
            _say((trace or "") + ">>> ")
            line = bytearray()
        elif key in b"\x08\x7f":
            if line:
                line = line[:-1]
                _say("\b \b")
        elif key >= 32:
            line.append(key)
            _say(chr(key))


def serve(names: dict, raw: bool) -> None:
    while True:
        try:
            if raw:
                _raw(names)
            raw = True
            _friendly(names)
        except KeyboardInterrupt:  # sent while a program was ending
            raw = False
