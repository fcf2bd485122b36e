# Every bit in which a part reports its own state, by the tables of its datasheet: what quality it gives the readings, and the name
# under which it is health. Bits that a datasheet reserves are errors too: better no number than one of a part in an unknown state.

from contract import quality as q
from contract.parts import UART_PARTS
from contract.quantities import ID
from firmware.tests.sps30_bench import WARM_MS
from firmware.tests.sps30_bench import Bench as Sps30Bench
from firmware.tests.test_nextpm import Bench as NextPmBench
from firmware.tests.test_nextpm import Part as NextPm
from firmware.tests.test_plantower_models import WORDS, on
from firmware.tests.uart_bench import frame_of
from node.drivers.plantower_models import model

# Tera NextPM user guide, "state": bit: quality, name in health
_NEXTPM = (
    (q.REJECTED, ""),  # stopped: it answers, and what it answers is no reading
    (q.SENSOR_ERROR, "degraded"),
    (q.WARMING_UP, ""),  # not ready
    (q.SENSOR_ERROR, "heater"),
    (q.SENSOR_ERROR, "humidity_sensor"),
    (q.SENSOR_ERROR, "fan"),
    (q.SENSOR_ERROR, "memory"),
    (q.SENSOR_ERROR, "laser"),
)
# SPS30 datasheet 1.0, 4.4 "device status register": bit: name in health
_SPS30 = {4: "fan", 5: "laser", 21: "fan_speed"}
# Parts that report no state (Honeywell 32322550, Nova protocol V1.5, Winsen manuals).
_WITHOUT = ("hpma115", "sds011", "winsen")


def test_every_driver_is_tried_here_or_has_no_state_to_report() -> None:
    assert set(UART_PARTS.values()) == {"plantower", "sps30", "nextpm"} | set(_WITHOUT)


def test_every_bit_of_a_nextpms_state_has_its_quality_and_its_name() -> None:
    for bit, (quality, name) in enumerate(_NEXTPM):
        part = NextPm()
        part.faults = 1 << bit
        bench = NextPmBench(part)
        assert bench.qualities_of(40000, 50000) == {quality}, bit
        health = bench.driver.health()[0][1]
        assert {key for key in health if health[key]} == ({name} if name else set()), bit


def test_without_a_bit_a_nextpm_is_ok() -> None:
    assert NextPmBench(NextPm()).qualities_of(40000, 50000) == {q.OK}


def test_every_bit_of_an_sps30s_status_is_an_error_and_the_known_ones_have_their_name() -> None:
    for bit in range(32):
        bench = Sps30Bench().warm()
        bench.part.status = 1 << bit
        rows = bench.until(WARM_MS + 5000)
        assert {row[0] for row in rows.values()} == {q.SENSOR_ERROR}, bit
        health = bench.driver.health()[0][1]
        assert [key for key in sorted(health) if health[key]] == ([_SPS30[bit]] if bit in _SPS30 else []), bit


def test_every_bit_of_a_plantowers_error_byte_is_an_error_of_every_model_that_has_one() -> None:
    for name, words in WORDS.items():
        firmware = model(name)[4]
        if not firmware:
            continue
        at = (firmware - 4) // 2
        for bit in range(8):
            frame = frame_of(words[:at] + [words[at] | 1 << bit] + words[at + 1 :])
            bench = on(name, frame, frame)
            assert bench.qualities() == {q.SENSOR_ERROR}, (name, bit)
            assert bench.driver.health() == [[4, {"error": 1 << bit}]], (name, bit)
            assert {ID["pm2_5_atm"], ID["pm10_atm"]} <= {quantity for _, quantity in bench.driver.channels}
