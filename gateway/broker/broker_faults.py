"""What is wrong between the gateway and the broker of its site, for a person, and what to do. Errors of aiomqtt in, words out."""

import errno
import socket
from typing import NamedTuple

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from gateway.configuration import MqttSection

_REFUSED_BY_NAME = (4, 5, 134, 135)  # user and password; not authorised, in MQTT 3.1.1 and 5
_UNAVAILABLE = (3, 136)
_START = "start it (systemctl start mosquitto); systemctl status mosquitto says why it does not"


class Trouble(NamedTuple):
    text: str
    advice: str

    def __str__(self) -> str:
        return f"{self.text} -> {self.advice}"


def trouble(error: aiomqtt.MqttError, section: MqttSection) -> Trouble:
    where = f"{section.host}:{section.port}"
    code = getattr(error, "rc", None)
    code = getattr(code, "value", code)
    if isinstance(error, MqttConnectError) and code in _REFUSED_BY_NAME:
        who = f"user {section.user}" if section.user else "a client without a name"
        return Trouble(f"{where}: the broker refuses {who}", "correct [mqtt] user and password to what is in its password file")
    if isinstance(error, MqttConnectError) and code in _UNAVAILABLE:
        return Trouble(f"{where}: the broker refuses all clients now", "look into its log: journalctl -u mosquitto")
    cause = error.__context__
    if isinstance(cause, socket.gaierror):
        return Trouble(f"{where}: no machine is called {section.host}", "correct [mqtt] host")
    if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
        return Trouble(f"{where}: no broker listens there", f"{_START}; or correct [mqtt] host and port")
    if isinstance(cause, TimeoutError):
        return Trouble(f"{where}: no answer within {section.timeout_s} s", "is [mqtt] host and port a broker, and the way there open?")
    if isinstance(cause, OSError):
        return Trouble(f"{where}: {cause.strerror or cause}", "correct [mqtt] host and port, or the network of this site")
    return Trouble(f"{where}: {error}", "look into the broker's log: journalctl -u mosquitto")
