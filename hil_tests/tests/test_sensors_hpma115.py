"""The virtual HPMA115 against the published bytes and behaviour."""

import pytest

from hil_tests.sensors.hpma115 import ACK, REFUSED, Hpma115, auto_frame, reply
from hil_tests.sensors.scenario import steady
from hil_tests.sensors.streaming import WARM_UP_MS

AIR = steady(pm1_mass=48, pm2_5_mass=49, pm4_mass=50, pm10_mass=51)
START, STOP, READ, AUTO_OFF, AUTO_ON = (bytes.fromhex(said) for said in ("68010196", "68010295", "68010493", "68012077", "68014057"))
SETTLED_MS = WARM_UP_MS + 1


def started(model: str = "hpma115s0") -> Hpma115:
    part = Hpma115(AIR, model=model)
    assert part.next_action(0) is None
    return part


def asked(part: Hpma115, said: bytes, now_ms: int) -> list[bytes]:
    part.handle(said, now_ms)
    return drained(part, now_ms)


def drained(part: Hpma115, now_ms: int) -> list[bytes]:
    chunks = []
    while (chunk := part.next_action(now_ms)) is not None:
        chunks.append(chunk)
    return chunks


def test_replies_have_the_published_bytes() -> None:
    assert reply(bytes.fromhex("00300031")) == bytes.fromhex("4005040030003156")
    assert reply(bytes.fromhex("003000310032003300000000")) == bytes.fromhex("400d04003000310032003300000000e9")


@pytest.mark.parametrize(("model", "words"), [("hpma115s0", [0, 49, 51]), ("hpma115c0", [48, 49, 50, 51])])
def test_it_sends_by_itself_from_power_on_and_answers_when_asked(model: str, words: list[int]) -> None:
    part = started(model)
    assert drained(part, SETTLED_MS) == [auto_frame(words)]
    assert sum(auto_frame(words)[:30]) == int.from_bytes(auto_frame(words)[30:], "big")
    assert asked(part, AUTO_OFF, SETTLED_MS + 100) == [ACK]
    assert drained(part, SETTLED_MS + 5000) == []
    (read,) = asked(part, READ, SETTLED_MS + 6000)
    assert (len(read), sum(read) % 256) == (8 if model == "hpma115s0" else 16, 0)
    assert part.shown[-1][1]["pm10_mass"] == 51


def test_a_stopped_part_refuses_to_be_read_and_a_started_one_warms_up() -> None:
    part = started()
    assert asked(part, AUTO_OFF + STOP, 100) == [ACK, ACK]
    assert asked(part, READ, 5000) == [REFUSED]
    assert part.settled_ms is None
    assert asked(part, START, 60_000) == [ACK]
    assert part.settled_ms == 60_000 + WARM_UP_MS
    assert asked(part, AUTO_ON, 60_500) == [ACK]
    assert len(drained(part, 62_000)) == 1


def test_refusals_lost_acknowledgements_and_noise() -> None:
    part = started()
    part.refuses = 1
    assert asked(part, STOP, 100) == [REFUSED]
    assert part.awake
    part.acknowledges = False
    assert asked(part, b"\x68\x01\x00" + STOP, 200) == []
    assert not part.awake
    part.power(False)
    assert asked(part, READ, 300) == []
    part.power(True)
    assert drained(part, 400) == [] and part.awake
