# Starts the application. When it ends by a fault: the trace goes to a file for the next boot to tell, and after a pause the node
# resets. Ctrl-C of a technician leads to the prompt, and so does a node without an identity.

import sys
import time

CRASH_PATH = "/crash.txt"
CRASH_BYTES = 2048
# Long enough for a technician's Ctrl-C and for the flash, short enough for a watchdog of 8 s.
PAUSE_MS = 5000


def write_crash(error):
    import io

    sys.print_exception(error)
    try:
        text = io.StringIO()
        sys.print_exception(error, text)
        with open(CRASH_PATH, "w") as file:
            file.write(text.getvalue()[-CRASH_BYTES:])
    except (OSError, MemoryError):  # the flash is full or broken, or the heap still is: the reset helps all the same
        pass


try:
    import asyncio

    from node import app, visiting

    tasks = app.start()
    # What only the start needs makes room.
    del app
    visiting.forget("node.app")
    visiting.forget("node.carriers")
    if tasks is not None:
        asyncio.run(tasks.run())
except Exception as error:  # noqa: BLE001 the outermost edge of the node
    write_crash(error)
    time.sleep_ms(PAUSE_MS)
    import machine

    machine.reset()
