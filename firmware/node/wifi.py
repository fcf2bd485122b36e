# Joining the Wi-Fi, and joining again: never blocks, never gives up, and switches the radio off and on when joining does not succeed
# for long, because drivers are known to hang in a state that only this ends; also when they say that they are connected, and no link
# over them came to be for long. What a radio refuses is counted, and tried again. Knows no broker.

from node.portable import sleep_ms

# With wrong credentials an ESP32 takes a minute to say so; a radio that hangs says nothing.
RADIO_RESTART_MS = 120000
DOUBT_MS = 600000
POLL_MS = 500


class Wifi:
    def __init__(self, wlan, ssid: str, password: str, uptime_ms, sleep_ms=sleep_ms):
        self.counters = {"joins": 0, "radio_restarts": 0, "radio_refused": 0}
        self.wlan = wlan
        self._ssid = ssid
        self._password = password
        self._uptime_ms = uptime_ms
        self._sleep_ms = sleep_ms
        self._believed = uptime_ms()

    def works(self) -> None:
        """A link over it was usable until now."""
        self._believed = self._uptime_ms()

    async def join(self, beat) -> None:
        """Returns when there is a network."""
        if self.wlan.isconnected():
            if self._uptime_ms() - self._believed < DOUBT_MS:
                return
            self._restart()
        else:
            self._start()
        started = self._uptime_ms()
        while not self.wlan.isconnected():
            beat()
            await self._sleep_ms(POLL_MS)
            if self._uptime_ms() - started > RADIO_RESTART_MS:
                self._restart()
                started = self._uptime_ms()
        self.counters["joins"] += 1
        self._believed = self._uptime_ms()

    def _restart(self) -> None:
        self.counters["radio_restarts"] += 1
        try:
            self.wlan.active(False)
        except OSError:
            self.counters["radio_refused"] += 1
        self._start()

    def _start(self) -> None:
        try:
            self.wlan.active(True)
            self.wlan.connect(self._ssid, self._password)
        except OSError:  # "already connecting", or no memory for the radio: isconnected() will show it
            self.counters["radio_refused"] += 1
