# Starts the application. When it ends by a fault: the trace goes to a file for the next boot to report, and after a pause the node
# resets. Ctrl-C of a technician leads to the prompt, and so does a node without an identity.

import asyncio
import gc
import io
import sys
import time

import machine

CRASH_PATH = "/crash.txt"
CRASH_BYTES = 2048
# Long enough for a technician's Ctrl-C and for the flash, short enough for a watchdog of 8 s.
PAUSE_MS = 5000
# Collected this often, what stays lies close together, and what is left is in long pieces; of a heap that is collected when it is full,
# an eighth is in pieces too short for a report.
COLLECT_BYTES = 4096


def run():
    from node import app, transient_import

    tasks = app.start()
    # What only the start needs makes room.
    del app
    transient_import.forget("node.app")
    transient_import.forget("node.carriers")
    if tasks is not None:
        asyncio.run(tasks.run())


def free_heap():
    # Nothing runs any more: all of the heap is for the reason. A node that is short of memory would otherwise reset and not report it.
    sys.modules.clear()
    gc.collect()
    try:
        asyncio.new_event_loop()  # lets go of the tasks
    except MemoryError:
        pass
    gc.collect()


def write_crash(error):
    sys.print_exception(error)
    try:
        text = io.StringIO()
        sys.print_exception(error, text)
        with open(CRASH_PATH, "w") as file:
            file.write(text.getvalue()[-CRASH_BYTES:])
    except (OSError, MemoryError):  # the flash is full or broken: the reset helps all the same
        pass


gc.threshold(COLLECT_BYTES)
try:
    run()
except Exception as error:  # noqa: BLE001 the outermost edge of the node
    free_heap()
    write_crash(error)
    time.sleep_ms(PAUSE_MS)
    machine.reset()
