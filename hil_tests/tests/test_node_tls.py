"""TLS from the firmware in the real interpreter to the real Mosquitto: the pinned authority is believed, and no other."""

import json
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from firmware.tests.far_end import KEY, NODE, opened
from firmware.tests.test_broker_tls import Authority
from hil_tests.board.board import VirtualBoard
from hil_tests.broker import Broker
from hil_tests.processes import wait_until
from technician.build import flash_files

pytestmark = pytest.mark.hil

REFUSALS = 3


class Site:
    """A broker with a certificate of this authority, and all that nodes say to it."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.broker = Broker(folder, authority.issue(folder, "127.0.0.1"))
        self.broker.start()
        (folder / "ca.pem").write_text(authority.pem)
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._client.tls_set(str(folder / "ca.pem"))
        self._client.connect("127.0.0.1", self.broker.port)
        self._client.subscribe(topics.EVERY_UP)
        self._client.loop_start()

    def _hear(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        name = topics.parse_topic(message.topic)
        assert name is not None
        self.heard.put(opened((name[2], bytes(message.payload))))

    def close(self) -> None:
        self._client.loop_stop()
        self.broker.program.stop()


@pytest.fixture
def authority() -> Authority:
    return Authority("site")


@pytest.fixture
def site(tmp_path: Path, authority: Authority) -> Iterator[Site]:
    made = Site(tmp_path / "site", authority)
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path, site: Site) -> Iterator[Callable[[str], VirtualBoard]]:
    with VirtualBoard(tmp_path / "board", unique_id="0102030405060708") as board:

        def started(pem: str) -> VirtualBoard:
            identity = {
                "node": NODE,
                "key": KEY.hex(),
                "wifi": {"ssid": "s", "password": "p"},
                "broker": {"host": "127.0.0.1", "port": site.broker.port, "tls": {"ca": pem}},
                "settings": {"period_ms": 1000, "sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1}]},
            }
            board.flash({**flash_files("virtual"), "/identity.json": json.dumps(identity).encode()})
            board.start()
            return board

        yield started


def test_reports_reach_the_broker_of_the_pinned_authority(start: Callable[[str], VirtualBoard], site: Site, authority: Authority) -> None:
    start(authority.pem)
    kind = ""
    while kind != "report":
        kind, _ = site.heard.get(timeout=40)


def test_broker_of_another_authority_is_refused_again_and_again_and_nothing_is_said_to_it(
    start: Callable[[str], VirtualBoard], site: Site
) -> None:
    board = start(Authority("site").pem)
    wait_until(lambda: site.broker.program.tail().count("alert") >= REFUSALS, within_s=60, what="refusals")
    assert board.boots[-1][1] is None and len(board.boots) == 1
    assert site.heard.empty()
