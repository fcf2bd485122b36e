"""A token that another process ends, and what is open by it then: the service as a process, on both stores."""

import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest

from fleet.configuration.desired import issue
from fleet.configuration.signing import load_signing_key
from fleet.devices.gateway_tokens import revoke_gateway_token
from fleet.people.admin_tokens import create_admin_token, revoke_admin_token
from fleet.people.audit import Act
from fleet.state_folder import DATABASE_FILE
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import sqlite_url
from fleet.tests.district import PM2_5, START_MS, event, report
from fleet.tests.live import Client, LiveFleet

pytestmark = pytest.mark.hil


def test_a_gateway_whose_token_is_ended_elsewhere_is_not_given_the_next_document(client: Client, tmp_path: Path, db: str | None) -> None:
    have = client.desired(0).json()["document"]["version"]
    engine = new_engine(db or sqlite_url(tmp_path / "state" / DATABASE_FILE))
    key = load_signing_key(tmp_path / "state")
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(client.desired, have, wait=25)
        sleep(0.2)  # not to synchronise: the poll waits already, or is refused at once
        with for_writing(engine).begin() as connection:  # in one transaction: the poll is woken by a document that is not for it
            revoke_gateway_token(connection, Act("console", 1), "g-1")
            issue(key, connection, "g-1", 1)
        answer = poll.result()
    engine.dispose()
    assert answer.status_code == 401
    assert client.desired(0).status_code == 401


def test_an_upload_ends_with_the_token_that_the_command_revokes(fleet: LiveFleet, client: Client) -> None:
    head = f"POST /api/v1/artifacts?name=x HTTP/1.1\r\nHost: x\r\nAuthorization: {client.admin['Authorization']}\r\n"
    with connected(fleet) as sender:
        sender.sendall(f"{head}Content-Length: 100000\r\n\r\nbegun".encode())
        sleep(0.2)  # not to synchronise: the upload is under way, or refused at once
        fleet.command("token", "revoke", "ada")
        assert sender.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_a_download_is_cut_off_with_the_token(fleet: LiveFleet, client: Client) -> None:
    digest = client.upload(bytes(8 << 20))
    with connected(fleet) as receiver:
        head = f"GET /device/v1/artifacts/{digest} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.gateway['Authorization']}\r\n\r\n"
        receiver.sendall(head.encode())
        received = len(receiver.recv(1000))
        client.delete("gateways/g-1/token?reason=stolen")
        while part := _received(receiver):
            received += len(part)
    assert received < 8 << 20


_ALL_SLOTS = [[slot, PM2_5, 0, 1, 1234, 1200, 1300] for slot in range(16)]
CUT_OFF = "cut off, because the access has ended: GET"
# What is long enough to be under way still when its receiver pauses: path, what is ingested for it.
_LONG: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "an export": (
        f"export.csv?from_ms={START_MS}&to_ms={START_MS + 50_000_000}", [report(seq, _ALL_SLOTS) for seq in range(5000)],
    ),
    "a list": (
        "nodes/n-1/items?limit=1000", [event(seq, "wiring", {str(n): "x" * 200 for n in range(30)}) for seq in range(1000)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "items"), _LONG.values(), ids=_LONG.keys())
def test_a_long_answer_is_cut_off_with_the_token_of_an_administrator_and_not_with_another(
    fleet: LiveFleet, client: Client, tmp_path: Path, db: str | None, path: str, items: list[dict[str, Any]]
) -> None:
    engine = new_engine(db or sqlite_url(tmp_path / "state" / DATABASE_FILE))
    for begin in range(0, len(items), 500):
        assert set(client.ingest(items[begin : begin + 500])) == {"accepted"}
    with for_writing(engine).begin() as connection:
        other = create_admin_token(connection, Act("console", START_MS), "bea")
    with connected(fleet) as cut, connected(fleet) as whole:
        for receiver, token in ((cut, client.admin["Authorization"].split()[1]), (whole, other)):
            receiver.sendall(
                f"GET /api/v1/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            )
        begun = _received(cut)
        assert begun.startswith(b"HTTP/1.1 200 ")
        with for_writing(engine).begin() as connection:
            revoke_admin_token(connection, Act("console", START_MS), "ada")
        wait_until(lambda: CUT_OFF in fleet.log, within_s=30)
        part, all_of_it = begun + _rest(cut), _rest(whole)
    assert len(part) < len(all_of_it)
    head, _, body = all_of_it.partition(b"\r\n\r\n")
    announced = re.search(rb"content-length: (\d+)", head.lower())
    assert len(body) == int(announced[1]) if announced else body.endswith(b"\r\n0\r\n\r\n")
    engine.dispose()


def wait_until(condition: Callable[[], bool], within_s: float) -> None:
    until = monotonic() + within_s
    while not condition():
        assert monotonic() < until
        sleep(0.01)


def _rest(receiver: socket.socket) -> bytes:
    return b"".join(iter(lambda: _received(receiver), b""))


def _received(receiver: socket.socket) -> bytes:
    try:
        return receiver.recv(1 << 16)
    except ConnectionResetError:
        return b""


def connected(fleet: LiveFleet) -> socket.socket:
    address = urlsplit(fleet.url)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # a receiver that takes little
    made.settimeout(30)
    made.connect((address.hostname, address.port))
    return made
