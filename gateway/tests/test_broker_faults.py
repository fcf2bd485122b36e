"""What is told of a broker that is not as it should be: where, what and what to do, from a real connection that fails."""

import socket
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from gateway.broker.broker_faults import Trouble, trouble
from gateway.carriers.mqtt import client
from gateway.configuration import MqttSection
from gateway.tests.site import Broker, free_port

_SECTION = MqttSection(timeout_s=1)


async def _told(section: MqttSection) -> Trouble:
    with pytest.raises(aiomqtt.MqttError) as caught:
        async with client(section, "t"):
            pass
    return trouble(caught.value, section)


async def test_nobody_listening_is_told_with_how_to_start_it() -> None:
    section = replace(_SECTION, port=free_port())
    found = await _told(section)
    assert found.text == f"127.0.0.1:{section.port}: no broker listens there"
    assert "systemctl start mosquitto" in found.advice


async def test_a_name_that_is_no_machine_is_told() -> None:
    found = await _told(replace(_SECTION, host="no-such-machine.invalid"))
    assert "no machine is called no-such-machine.invalid" in found.text and "[mqtt] host" in found.advice


async def test_a_listener_that_is_no_broker_is_told_as_no_answer() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        found = await _told(replace(_SECTION, port=mute.getsockname()[1]))
    assert found.text.endswith("no answer within 1 s")


@pytest.mark.hil
async def test_a_refused_user_is_named(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    broker._file.write_text(broker._file.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    broker.start()
    try:
        found = await _told(replace(_SECTION, port=broker.port, user="gateway", password="guess"))
        nameless = await _told(replace(_SECTION, port=broker.port))
    finally:
        broker.stop()
    assert "the broker refuses user gateway" in found.text and "[mqtt] user and password" in found.advice
    assert "a client without a name" in nameless.text
