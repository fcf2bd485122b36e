#!/bin/sh
# Package:  MicroPython 1.25.0 (Debian 1.25.0+ds-1, as `make setup` brings it; or the one that MICROPYTHON names), asyncio
# Expected: asyncio.open_connection to a port at which nothing listens raises OSError, as CPython's does.
# Seen:     it returns a reader and a writer; the first read or write raises ECONNREFUSED or EPIPE.
# airgrid:  touched: firmware/node/mqtt_carrier.py connects to the broker so. Guard: the error of the first exchange names the failed step;
#           hil_tests/tests/test_node_console.py::test_selftest_says_that_no_broker_listens
set -eu
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/closed.py" <<'END'
import asyncio
import sys


async def main():
    print(sys.version)
    reader, writer = await asyncio.open_connection("127.0.0.1", 1)
    print("open_connection: no error")
    for name, exchange in (("read", reader.read(1)), ("drain", send(writer))):
        try:
            await exchange
            print(name + ": no error")
        except OSError as error:
            print(name + ":", repr(error))


async def send(writer):
    writer.write(b"x")
    await writer.drain()


asyncio.run(main())
END
"${MICROPYTHON:-$here/../build/micropython/micropython}" "$folder/closed.py"
