"""What a part of the gateway reports about itself."""

from dataclasses import dataclass

from gateway.counters import Counters
from gateway.error_log import ErrorLog


@dataclass(frozen=True, slots=True)
class Telemetry:
    counters: Counters
    errors: ErrorLog
