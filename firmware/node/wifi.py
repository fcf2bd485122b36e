# Joining the Wi-Fi, and joining again: never blocks, never gives up, and switches the radio off and on when joining does not succeed
# for long, because drivers are known to hang in a state that only this ends. Knows no broker.

import asyncio

# With wrong credentials an ESP32 takes a minute to say so; a radio that hangs says nothing.
RADIO_RESTART_MS = 120000
POLL_MS = 500


class Wifi:
    def __init__(self, wlan, ssid: str, password: str, uptime_ms):
        self.counters = {"joins": 0, "radio_restarts": 0}
        self._wlan = wlan
        self._ssid = ssid
        self._password = password
        self._uptime_ms = uptime_ms

    async def join(self, beat) -> None:
        """Returns when there is a network."""
        if self._wlan.isconnected():
            return
        self._start()
        started = self._uptime_ms()
        while not self._wlan.isconnected():
            beat()
            await asyncio.sleep_ms(POLL_MS)
            if self._uptime_ms() - started > RADIO_RESTART_MS:
                self.counters["radio_restarts"] += 1
                self._wlan.active(False)
                self._start()
                started = self._uptime_ms()
        self.counters["joins"] += 1

    def _start(self) -> None:
        self._wlan.active(True)
        try:
            self._wlan.connect(self._ssid, self._password)
        except OSError:  # "already connecting": isconnected() will tell
            pass
