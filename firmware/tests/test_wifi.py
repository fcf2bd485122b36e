# Joining a network over a radio that has the moods of real ones: it refuses, it hangs until it is switched off, it says what is not so.

import asyncio

from node.wifi import DOUBT_MS, Wifi


class Radio:
    """Connects once it was told to, and `well`; a radio that `hangs` does only after it was off. It refuses so many calls."""

    def __init__(self, refuses: int = 0, hangs: bool = False):
        self.well = True
        self.on = False
        self.told = False
        self._refuses = refuses
        self._hangs = hangs

    def active(self, on: bool) -> None:
        self._refuse()
        self.on = on
        if not on:
            self._hangs = self.told = False

    def connect(self, ssid: str, password: str) -> None:
        self._refuse()
        self.told = True

    def isconnected(self) -> bool:
        return self.on and self.told and self.well and not self._hangs

    def _refuse(self) -> None:
        if self._refuses:
            self._refuses -= 1
            raise OSError("Wifi Out of Memory")


async def at_once(ms: int) -> None:
    await asyncio.sleep(0)


class Clock:
    """Each look takes a minute: nobody waits for it."""

    def __init__(self):
        self.now = 0

    def __call__(self) -> int:
        self.now += 60000
        return self.now


def _joined(radio: Radio) -> Wifi:
    wifi = Wifi(radio, "s", "p", Clock(), at_once)
    asyncio.run(wifi.join(lambda: None))
    return wifi


def test_a_radio_that_is_well_joins_once():
    radio = Radio()
    wifi = _joined(radio)
    assert wifi.counters == {"joins": 1, "radio_restarts": 0, "radio_refused": 0}


def test_a_radio_that_refuses_is_no_crash_and_joins_when_it_does_no_more():
    for refuses in (1, 2, 3, 4):
        radio = Radio(refuses=refuses)
        wifi = _joined(radio)
        assert radio.isconnected() and wifi.counters["radio_refused"] == refuses


def test_a_radio_that_hangs_is_switched_off_and_on():
    radio = Radio(hangs=True)
    wifi = _joined(radio)
    assert radio.isconnected() and wifi.counters["radio_restarts"] >= 1


def test_a_radio_that_says_it_is_connected_is_doubted_when_no_link_came_for_long():
    radio, clock = Radio(), Clock()
    wifi = Wifi(radio, "s", "p", clock, at_once)
    asyncio.run(wifi.join(lambda: None))
    joined = clock.now
    while not wifi.counters["radio_restarts"]:
        asyncio.run(wifi.join(lambda: None))
        assert clock.now < joined + 2 * DOUBT_MS
    assert clock.now >= joined + DOUBT_MS
    assert radio.isconnected()


def test_a_radio_over_which_links_come_to_be_is_left_alone():
    clock = Clock()
    wifi = Wifi(Radio(), "s", "p", clock, at_once)
    asyncio.run(wifi.join(lambda: None))
    while clock.now < 10 * DOUBT_MS:
        wifi.works()
        asyncio.run(wifi.join(lambda: None))
    assert wifi.counters["radio_restarts"] == 0
