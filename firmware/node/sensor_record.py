# The sensors that were connected and their hours, kept in flash over a restart (sensor_health.py says when and what): JSON in a stored
# pair. A record that cannot be read, or written, costs hours and a notice of a swap, and never a measurement.

import json

PATH = "/sensors"


class SensorRecord:
    def __init__(self, pair):
        """pair: a stored_pair.StoredPair."""
        self._pair = pair
        self._number = 0

    def load(self) -> dict:
        found = self._pair.read()
        if found is None:
            return {}
        self._number = found[0]
        try:
            record = json.loads(found[1])
        except ValueError:
            return {}
        return record if isinstance(record, dict) else {}

    def save(self, record: dict) -> bool:
        """Whether the flash took it."""
        try:
            self._pair.write(self._number + 1, json.dumps(record).encode())
        except OSError:
            return False
        self._number += 1
        return True
