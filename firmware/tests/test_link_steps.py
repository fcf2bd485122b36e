# Which step of a link fails, and why, as a technician reads it.

import sys

from node import link_steps, mqtt
from node.outbox import Outbox


class Network:
    STAT_WRONG_PASSWORD = 202
    STAT_NO_AP_FOUND = 201
    STAT_GOT_IP = 1010


sys.modules["network"] = Network  # type: ignore[assignment]


class Wlan:
    def __init__(self, status: int, address: str = "10.0.0.7", rssi: "int | None" = -61):
        self._status = status
        self._address = address
        self._rssi = rssi

    def isconnected(self) -> bool:
        return self._status == Network.STAT_GOT_IP

    def status(self, what: "str | None" = None) -> int:
        if what is None:
            return self._status
        if self._rssi is None:
            raise OSError(5)
        return self._rssi

    def ifconfig(self) -> tuple:
        return (self._address, "", "", "")


class Radio:
    def __init__(self, wlan):
        self.wlan = wlan


class Broker:
    """A carrier over MQTT, as far as it is looked at."""

    def __init__(self, network, failure=None, linked: bool = False):
        self.network = network
        self.broker = {"host": "10.0.0.2", "port": 1883}
        self.failure = failure
        self._linked = linked

    def is_linked(self) -> bool:
        return self._linked


class Wire:
    def is_linked(self) -> bool:
        return False


class Session:
    def __init__(self, **counted: int):
        self.counters = dict({"taken": 0, "bad_mac": 0, "no_seal": 0}, **counted)
        self.outbox = Outbox(10, 10000, lambda limit: 0)


JOINED = Radio(Wlan(Network.STAT_GOT_IP))


def test_the_first_step_that_fails_is_named_with_its_reason():
    cases = (
        (Broker(Radio(Wlan(202))), "wifi: wrong password"),
        (Broker(Radio(Wlan(201))), "wifi: no ap found"),
        (Broker(Radio(Wlan(-7))), "wifi: status -7"),
        (Broker(Radio(Wlan(1010, "0.0.0.0"))), "address: 0.0.0.0"),
        (Broker(JOINED, -2), "broker: 10.0.0.2:1883: this name is not known"),
        (Broker(JOINED, -202), "broker: 10.0.0.2:1883: this name is not known"),
        (Broker(JOINED, -9984), "broker: 10.0.0.2:1883: TLS fails, error -9984"),
        (Broker(JOINED, 111), "broker: 10.0.0.2:1883: no broker listens there"),
        (Broker(JOINED, 110), "broker: 10.0.0.2:1883: no answer"),
        (Broker(JOINED, 12345), "broker: 10.0.0.2:1883: error 12345"),
        (Broker(JOINED, "no module named 'tls'"), "broker: 10.0.0.2:1883: no module named 'tls'"),
        (Broker(JOINED, "silent"), "broker: 10.0.0.2:1883: what is there does not speak MQTT"),
        (Broker(None, "tls"), "broker: 10.0.0.2:1883: its certificate is not signed by the authority that is trusted"),
        (Broker(JOINED, (mqtt.CONNACK, 4)), "login: wrong name or password"),
        (Broker(JOINED, (mqtt.CONNACK, 5)), "login: not allowed"),
        (Broker(JOINED, (mqtt.CONNACK, 77)), "login: refused, code 77"),
        (Broker(JOINED, (mqtt.SUBACK, 128)), "login: may not subscribe"),
        (Broker(JOINED, (mqtt.SUBACK, 0)), "login: the broker ended the link"),
        (Wire(), "wire: the gateway does not poll"),
    )
    for carrier, expected in cases:
        assert link_steps.first_failure(link_steps.steps(carrier, Session())) == expected, expected


def test_a_link_that_is_being_made_has_not_failed():
    found = link_steps.steps(Broker(JOINED), Session())
    assert link_steps.first_failure(found) == ""
    assert [step[:2] for step in found] == [["wifi", True], ["address", True], ["broker", None], ["login", None], ["gateway", None]]


def test_what_failed_before_the_wifi_went_away_is_not_taken_for_the_reason():
    found = link_steps.steps(Broker(Radio(Wlan(202)), 111), Session())
    assert [step[:2] for step in found] == [["wifi", False], ["address", None], ["broker", None], ["login", None], ["gateway", None]]


def test_over_a_link_the_gateway_is_judged_by_what_came_of_it():
    cases = (
        (Session(taken=3), True, "acknowledges; 0 items wait"),
        (Session(), False, "does not answer: does it run, and does it know this node?; 0 items wait"),
        (Session(bad_mac=2), False, "has another key for this node; 0 items wait"),
        (Session(no_seal=2), False, "has another key for this node; 0 items wait"),
    )
    for session, passed, text in cases:
        assert link_steps.steps(Broker(JOINED, linked=True), session)[-1] == ["gateway", passed, text]
    silent = Session(taken=3)
    silent.outbox.resends = 2
    assert link_steps.steps(Broker(JOINED, linked=True), silent)[-1][1] is False


def test_the_signal_is_told_where_the_radio_tells_it():
    found = link_steps.steps(Broker(JOINED, linked=True), Session(taken=1))
    assert found[:2] == [["wifi", True, "-61 dBm"], ["address", True, "10.0.0.7"]]
    assert link_steps.steps(Broker(Radio(Wlan(1010, rssi=None)), linked=True), Session(taken=1))[0] == ["wifi", True, "joined"]


def test_of_two_links_each_has_its_steps():
    class Both:
        carriers = {"wifi": Broker(JOINED, 111), "serial": Wire()}

        def is_linked(self) -> bool:
            return False

    assert [step[0] for step in link_steps.steps(Both(), Session())] == ["wifi", "address", "broker", "login", "wire", "gateway"]
