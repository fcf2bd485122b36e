"""A token that another process ends, and what is open by it then: the service as a process, on both stores."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import pytest

from fleet.configuration.desired import issue
from fleet.configuration.signing import load_signing_key
from fleet.devices.gateway_tokens import revoke_gateway_token
from fleet.people.audit import Act
from fleet.state_folder import DATABASE_FILE
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import sqlite_url
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
