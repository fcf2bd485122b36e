# What the boot before this one left behind: the trace that main.py wrote, or what the supervisor had to say before the watchdog bit.
# It stays in flash until the gateway has it. Bounded; knows no session.

# Also in main.py, which must work when nothing here can be imported.
PATH = "/crash.txt"
TOLD_CHARACTERS = 600


def write(text: str) -> None:
    try:
        with open(PATH, "w") as file:
            file.write(text)
    except OSError:  # the flash is full or broken: the reset still helps
        pass


def read() -> str:
    """The end of the note, where the fault itself is; empty when there is none."""
    try:
        with open(PATH) as file:
            return file.read()[-TOLD_CHARACTERS:]
    except (OSError, ValueError):  # ValueError: torn, not UTF-8
        return ""


def remove() -> None:
    import os

    try:
        os.remove(PATH)
    except OSError:
        pass
