# The choice of a link: preferred first, the other when nothing is acknowledged, and back.

import asyncio

from node.links import LinkedCarriers, Links

_AFTER = 60000
_PROBE = 600000
_TRY = 20000


def _links() -> Links:
    return Links(("wifi", "serial"), _AFTER, _PROBE, _TRY, 0)


def test_preferred_link_is_kept_while_it_delivers():
    links = _links()
    for second in range(3600):
        assert links.next_action(True, second // 30, second * 1000) is None
    assert links.active == "wifi" and links.counters["switches"] == 0


def test_nothing_to_say_is_no_failure():
    links = _links()
    for second in range(3600):
        assert links.next_action(False, 0, second * 1000) is None
    assert links.active == "wifi"


def test_link_without_receipts_is_left_after_the_limit_and_not_before():
    links = _links()
    assert links.next_action(True, 0, _AFTER - 1) is None
    assert links.next_action(True, 0, _AFTER) == "serial"
    assert links.counters["switches"] == 1


def test_other_link_probes_back_to_the_preferred_one():
    links = _links()
    assert links.next_action(True, 0, _AFTER) == "serial"
    assert links.next_action(True, 1, _AFTER + _PROBE - 1) is None
    assert links.next_action(True, 2, _AFTER + _PROBE) == "wifi"


def test_a_try_of_the_preferred_one_is_given_up_sooner_and_one_that_delivers_is_not():
    links = _links()
    links.next_action(True, 0, _AFTER)
    assert links.next_action(True, 1, _AFTER + _PROBE - 1) is None
    tried = _AFTER + _PROBE
    assert links.next_action(True, 2, tried) == "wifi"
    assert links.next_action(True, 2, tried + _TRY - 1) is None
    assert links.next_action(True, 2, tried + _TRY) == "serial"
    assert links.next_action(True, 3, tried + _TRY + _PROBE - 1) is None
    tried += _TRY + _PROBE
    assert links.next_action(True, 4, tried) == "wifi"
    delivers = tried + 5000
    assert links.next_action(True, 5, delivers) is None
    assert links.next_action(True, 5, delivers + _AFTER - 1) is None
    assert links.next_action(True, 5, delivers + _AFTER) == "serial"


def test_a_receipt_that_comes_after_a_switch_from_the_link_before_proves_nothing():
    links = _links()
    links.next_action(True, 0, _AFTER)
    links.next_action(True, 1, _AFTER + _PROBE - 1)
    tried = _AFTER + _PROBE
    assert links.next_action(True, 2, tried) == "wifi"
    assert links.next_action(True, 3, tried + 4999) is None
    assert links.next_action(True, 3, tried + _TRY) == "serial"


def test_when_both_fail_they_take_turns():
    links = _links()
    chosen = [name for name in [links.next_action(True, 0, second * 1000) for second in range(301)] if name]
    assert chosen == ["serial", "wifi", "serial", "wifi", "serial"]


class _Carrier:
    # A carrier that only remembers whether it may speak.
    def __init__(self):
        self.allowed = None

    def allow(self, on: bool) -> None:
        self.allowed = on

    def configure(self, keepalive_s: int) -> None:
        pass

    async def run(self, beat) -> None:
        for _ in range(100):
            beat()


class _Session:
    def __init__(self):
        self.counters = {"taken": 0}
        self.events = []

    def event(self, key: str, particulars: dict, now: int) -> None:
        self.events.append((key, particulars))


class _Seconds:
    def __init__(self):
        self.now = 0

    def __call__(self) -> int:
        self.now += 500
        return self.now


def test_one_carrier_at_a_time_may_speak_and_a_switch_is_told():
    wifi, serial, session = _Carrier(), _Carrier(), _Session()
    linked = LinkedCarriers(_links(), {"wifi": wifi, "serial": serial}, session, lambda: True, _Seconds())
    assert (wifi.allowed, serial.allowed) == (True, False)
    asyncio.run(linked.run(lambda: None))
    assert session.events[0] == ("link", {"to": "serial"})
    assert wifi.allowed != serial.allowed
    assert linked.counters["switches"] == len(session.events)
