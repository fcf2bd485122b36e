"""A fleet that does nothing but answer, a millisecond after it was asked: the peer of the gateway's figures. One process, raw HTTP.

python -m hil_tests.bench.fast_fleet PORT RULES NODE=KEY ...      RULES: JSON, a list

It prints a line for each batch: how many items, a space, and JSON {"at": monotonic s, "items": [[node, kind, seq], ...]}; one without
items when it listens.
Its memory is its process: started again, it knows nothing of what it was told.
"""

import asyncio
import json
import sys
import time
import zlib
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.site.canonical import canonical_bytes

GATEWAY = "gw-bench"
CODE = "code"
_ANSWER_S = 0.001
_GZIP = 16 + zlib.MAX_WBITS
_SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


class _Item(msgspec.Struct, array_like=False):
    node: str
    boot: str
    seq: int
    kind: str


class _Body(msgspec.Struct):
    items: list[_Item]
    dropped: list[Any] = []


_DECODER = msgspec.json.Decoder(_Body)


class QuickFleet:
    def __init__(self, rules: list[Any], nodes: dict[str, str]) -> None:
        entries = [{"node": node, "key": key, "settings": {}, "settings_version": 0} for node, key in nodes.items()]
        document = {"gateway": GATEWAY, "version": 1, "issued_ms": 1, "settings": {}, "rules": rules, "calibrations": [], "nodes": entries}
        signature = _SIGNING_KEY.sign(canonical_bytes(document)).hex()
        self._desired = json.dumps({"document": document, "key_id": "k1", "signature": signature}).encode()
        self._seen: set[tuple[str, str, int]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next((int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")), 0)
                body = await reader.readexactly(length)
                status, answer = await self._answer(head.split(" ", 2)[1], body)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, path: str, body: bytes) -> tuple[str, bytes]:
        if path.endswith("/ingest"):
            return "200 OK", await self._ingest(_DECODER.decode(zlib.decompress(body, _GZIP)))
        if path.endswith("/enrol"):
            key = {"id": "k1", "ed25519": _SIGNING_KEY.public_key().public_bytes_raw().hex()}
            return "200 OK", json.dumps({"gateway": GATEWAY, "token": "t", "config_keys": [key], "utc_ms": 1}).encode()
        if "/desired?have=0" in path:
            return "200 OK", self._desired
        if "/desired" in path:
            await asyncio.sleep(10)
            return "304 Not Modified", b""
        return "204 No Content", b""

    async def _ingest(self, told: _Body) -> bytes:
        at = time.monotonic()
        statuses = []
        for item in told.items:
            key = (item.node, item.boot, item.seq)
            statuses.append("duplicate" if key in self._seen else "accepted")
            self._seen.add(key)
        _tell(at, [(i.node, i.kind, i.seq) for i in told.items])
        await asyncio.sleep(_ANSWER_S)
        return msgspec.json.encode({"results": [{"status": status} for status in statuses], "dropped": len(told.dropped)})


def _tell(at: float, items: list[tuple[str, str, int]]) -> None:
    print(len(items), msgspec.json.encode({"at": at, "items": items}).decode(), flush=True)  # noqa: T201 - what it is for


async def main(port: int, rules: list[Any], nodes: dict[str, str]) -> None:
    fleet = QuickFleet(rules, nodes)
    server = await asyncio.start_server(fleet.serve, "127.0.0.1", port, limit=1 << 16)
    _tell(time.monotonic(), [])  # it accepts connections from here on
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), json.loads(sys.argv[2]), dict(pair.split("=") for pair in sys.argv[3:])))
