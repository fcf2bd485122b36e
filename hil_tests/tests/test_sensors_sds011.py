"""The virtual SDS011 against the published bytes and behaviour."""

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Episode, Scenario, steady
from hil_tests.sensors.sds011 import Sds011, framed
from hil_tests.sensors.streaming import WARM_UP_MS

AIR = steady(pm2_5_mass=12.3, pm10_mass=24.5)
DATA = bytes.fromhex("aac07b00f500a16071ab")  # 7B + 00 + F5 + 00 + A1 + 60 = 271
SETTLED_MS = WARM_UP_MS + 1


def command(d1: int, d2: int = 0, d3: int = 0, device: str = "ffff") -> bytes:
    return framed(0xB4, bytes((d1, d2, d3)) + bytes(10) + bytes.fromhex(device))


def started(minutes: int = 0) -> Sds011:
    part = Sds011(AIR, minutes=minutes)
    assert part.next_action(0) is None
    return part


def asked(part: Sds011, said: bytes, now_ms: int) -> list[bytes]:
    part.handle(said, now_ms)
    return drained(part, now_ms)


def drained(part: Sds011, now_ms: int) -> list[bytes]:
    chunks = []
    while (chunk := part.next_action(now_ms)) is not None:
        chunks.append(chunk)
    return chunks


def test_commands_and_replies_have_the_published_bytes() -> None:
    assert command(6, 1, 1).hex() == "aab4060101" + "00" * 10 + "ffff06ab"
    part = started()
    part.version = (15, 7, 10)
    drained(part, SETTLED_MS)
    assert asked(part, command(7), SETTLED_MS) == [bytes.fromhex("aac5070f070aa16028ab")]


def test_it_streams_once_a_second_in_tenths() -> None:
    part = started()
    assert [drained(part, SETTLED_MS + 500 * i) for i in range(4)] == [[DATA], [], [DATA], []]
    assert part.shown[-1] == (SETTLED_MS + 1000, {"pm2_5_mass": 12.3, "pm10_mass": 24.5})


def test_query_mode_speaks_only_when_asked_and_is_kept_without_power() -> None:
    part = started()
    assert asked(part, command(2, 1, 1), 500) == [framed(0xC5, bytes.fromhex("02010100a160"))]
    part.power(False)
    assert asked(part, command(4), 600) == []
    part.power(True)
    assert drained(part, 50_000) == []
    assert asked(part, command(4), 90_000) == [DATA]


def test_asleep_it_hears_only_work_and_then_warms_up() -> None:
    part = started()
    assert len(asked(part, command(6, 1, 0), 500)) == 1
    assert asked(part, command(4) + command(2, 1, 1) + command(7), 5000) == []
    assert part.settled_ms is None and part.next_due() is None
    assert len(asked(part, command(6, 1, 1), 60_000)) == 1
    assert part.settled_ms == 60_000 + WARM_UP_MS


def test_with_a_working_period_it_rests_by_itself() -> None:
    part = started(minutes=2)
    spoken = [now // 1000 for now in range(0, 240_000, 1000) if drained(part, now)]
    assert spoken == [*range(1, 30), *range(120, 150)]
    asked(part, command(8, 1, 0), 250_000)
    assert part.minutes == 0 and drained(part, 251_500) == [DATA]


def test_lost_acknowledgements_foreign_ids_and_noise() -> None:
    part = started()
    assert asked(part, command(6, 1, 0, "b231"), 100) == []
    assert part.awake
    part.acknowledges = False
    assert asked(part, b"\xaa\xb4\x00" + command(6, 1, 0), 200) == []
    assert not part.awake
    part.acknowledges = True
    assert asked(part, command(6, 1, 1)[:-2] + b"\x00\xab" + command(6, 1, 1), 300) != []
    assert part.rejected >= 1


def test_warm_up_is_above_the_truth_and_stuck_is_from_before() -> None:
    faults = Faults(1)
    part = Sds011(Scenario({"pm2_5_mass": Episode(20, 500, start_ms=50_000, ramp_ms=50_000, hold_ms=500_000)}), faults=faults)
    for now in (0, 1000, 40_000):
        drained(part, now)
    faults.on("stuck", start_ms=48_000)
    drained(part, 150_000)
    shown = [values["pm2_5_mass"] for _, values in part.shown]
    assert shown[0] > 20 and shown[1:] == [20, 20]


def test_a_sds198_in_its_place_has_frames_of_its_own() -> None:
    part = started()
    part.kind = 0xCF
    (frame,) = drained(part, SETTLED_MS)
    assert frame[:2] == b"\xaa\xcf"
