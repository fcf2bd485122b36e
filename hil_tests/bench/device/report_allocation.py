# What one report costs the heap in the steady state: runs in MicroPython, prints bytes. From closing the period of a PMS5003 and a TVOC
# transmitter to the sealed message and its acknowledgement; the collector is off meanwhile, so that every byte is seen.

import gc

from contract import messages, topics
from contract.authentication import seal
from contract.quality import OK
from contract.settings import with_defaults
from node import parts
from node.clock import Clock
from node.outbox import Outbox
from node.sampler import Sampler
from node.session import Session

KEY = bytes(32)
BOOT = "0000000100000001"
REPORTS = 50
PERIOD_MS = 10000
_SENSORS = [
    {"slot": 0, "part": "pms5003", "port": 0, "mode": "active", "poll_ms": 2000},
    {"slot": 1, "part": "jxct_tvoc", "port": 1, "address": 1, "poll_ms": 1000},
]
SENSORS = with_defaults({"sensors": _SENSORS})["sensors"]


def one_report(session: Session, sampler: Sampler, channels: list, number: int) -> None:
    now = number * PERIOD_MS
    for slot, quantity in channels:
        sampler.add(slot, quantity, 3500, OK)
    session.report(now - PERIOD_MS, PERIOD_MS, sampler.close())
    while session.next_message(now) is not None:
        pass


def main() -> None:
    channels = parts.channels(SENSORS)
    sampler = Sampler(channels, lambda: 0)
    session = Session("bench", KEY, BOOT, Clock(), Outbox(64, 40000, lambda n: 0))
    acks = [seal(KEY, topics.DOWN, "bench", messages.ACK, messages.write({"b": BOOT, "r": [[0, number]]})) for number in range(2 * REPORTS)]
    for number in range(REPORTS):
        one_report(session, sampler, channels, number)
        session.handle(messages.ACK, acks[number], number * PERIOD_MS)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for number in range(REPORTS, 2 * REPORTS):
        one_report(session, sampler, channels, number)
        session.handle(messages.ACK, acks[number], number * PERIOD_MS)
    print((gc.mem_alloc() - before) // REPORTS)


main()
