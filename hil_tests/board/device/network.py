# `network.WLAN` as on an ESP32, as thin as the node needs it. There is one access point; the host can switch it off, let it refuse the
# password, or leave it without DHCP (words.py); what then happens to connections stands in socket.py.

import socket

import machine
import page
import words

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202

_ENODEV = 19
_state = [False, False]  # active, told to connect: of the chip, not of the object


class WLAN:
    IF_STA = STA_IF
    IF_AP = AP_IF

    def __init__(self, interface: int = STA_IF):
        if interface != STA_IF:
            raise OSError(_ENODEV)

    def active(self, on: "bool | None" = None) -> "bool | None":
        if on is None:
            return _state[0]
        _state[0] = bool(on)
        if not on:
            _state[1] = False

    def connect(self, ssid: "str | None" = None, key: "str | None" = None, **options) -> None:
        if not _state[0]:
            raise OSError("Wifi Internal State Error")
        _state[1] = True

    def disconnect(self) -> None:
        _state[1] = False

    def isconnected(self) -> bool:
        socket.obey_access_point()
        return _state[0] and _state[1] and page.get(words.ACCESS_POINT) == words.AP_GOOD

    def status(self, what: "str | None" = None) -> int:
        if what == "rssi":
            return -60
        if self.isconnected():
            return STAT_GOT_IP
        if not _state[1]:
            return STAT_IDLE
        return {words.AP_REFUSES: STAT_WRONG_PASSWORD, words.AP_NO_DHCP: STAT_CONNECTING}.get(
            page.get(words.ACCESS_POINT), STAT_NO_AP_FOUND
        )

    def ifconfig(self) -> tuple:
        if not self.isconnected():
            return ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def config(self, *names, **values) -> object:
        if names == ("mac",):
            return machine.unique_id()[:6]
        if values or names:
            return None
        raise TypeError("a name or a value")
