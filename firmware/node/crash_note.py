# What the boot before this one left behind: the trace that main.py wrote, or what the supervisor had to say before the watchdog bit.
# It stays in flash until the gateway has it. Bounded; knows no session.

# Also in main.py, which must work when nothing here can be imported.
PATH = "/crash.txt"
TOLD_CHARACTERS = 600
# At the end of a note that a boot has counted.
_COUNTED = "\f"


def write(text: str) -> None:
    try:
        with open(PATH, "w") as file:
            file.write(text)
    except OSError:  # the flash is full or broken: the reset still helps
        pass


def read() -> str:
    """The end of the note, where the fault itself is; empty without a note."""
    try:
        with open(PATH) as file:
            return file.read().rstrip(_COUNTED)[-TOLD_CHARACTERS:]
    except (OSError, ValueError):  # ValueError: torn, not UTF-8
        return ""


def take_new() -> bool:
    """Whether there is a note that no boot has counted; now this one has."""
    try:
        with open(PATH, "rb") as file:
            text = file.read()
        if not text or text.endswith(_COUNTED.encode()):
            return False
        with open(PATH, "ab") as file:
            file.write(_COUNTED.encode())
        return True
    except OSError:  # no note; or the flash is full or broken, and then nothing is counted for ever
        return False


def remove() -> None:
    import os

    try:
        os.remove(PATH)
    except OSError:
        pass
