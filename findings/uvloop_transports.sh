#!/bin/sh
# Package:  uvloop 0.23.0
# Expected: what a protocol is given in connection_made is an asyncio.Transport, as it is with asyncio's own loop.
# Seen:     it has all its methods, and isinstance(transport, asyncio.Transport) is false; so it is for asyncio.BaseTransport.
# airgrid:  host/listening/connection.py asks for no class; fleet/tests/test_listening_live.py::test_garbage_is_answered_with_the_headers_of_every_answer runs it under uvloop.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON3:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check uvloop==0.23.0
"$folder/venv/bin/python" - <<'END'
import asyncio
import socket

import uvloop


class Seen(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport


async def look():
    one, other = socket.socketpair()
    one.setblocking(False)
    transport, protocol = await asyncio.get_running_loop().connect_accepted_socket(Seen, one)
    found = isinstance(transport, asyncio.Transport), isinstance(transport, asyncio.BaseTransport), hasattr(transport, "abort")
    transport.abort()
    other.close()
    return found


plain = asyncio.run(look())
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    quick = runner.run(look())
print("asyncio:", plain, "uvloop:", quick)
assert plain == (True, True, True)
assert quick == (False, False, True)
END
