# Every model of the Plantower family: its words become its quantities; what another part says is never a number.

from contract import quality as q
from contract.parts import UART_PARTS
from contract.quantities import ID, key
from firmware.tests.uart_bench import Bench, frame_of
from firmware.tests.virtual_parts import Scripted
from node.drivers.plantower_frames import LENGTHS
from node.drivers.plantower_models import columns, model
from node.drivers.plantower_sender import EITHER, FOREIGN, OURS, sender

ACK = bytes.fromhex("424d0004e4010178")
MASSES = [10, 14, 16, 7, 12, 15]
COUNTS = [900, 300, 90, 30, 9, 3]
FIRMWARE = 0x9700
WORDS = {
    "pms1003": MASSES + COUNTS + [FIRMWARE],
    "pms3003": MASSES + [0, 0, 0],
    "pms5003": MASSES + COUNTS + [FIRMWARE],
    "pms5003s": MASSES + COUNTS + [38],
    "pms5003st": MASSES + COUNTS + [38, 0x10000 - 101, 658, 0, FIRMWARE],
    "pms5003t": MASSES + COUNTS[:4] + [0x10000 - 101, 658, FIRMWARE],
    "pms7003": MASSES + COUNTS + [FIRMWARE],
    "pmsa003": MASSES + COUNTS + [FIRMWARE],
}
FRAMES = {name: frame_of(words) for name, words in WORDS.items()}
VALUES = {"pm1_cf1": 1000, "pm2_5_cf1": 1400, "pm10_cf1": 1600, "pm1_atm": 700, "pm2_5_atm": 1200, "pm10_atm": 1500}
COUNT_VALUES = {"count_0_3": 9000, "count_0_5": 3000, "count_1_0": 900, "count_2_5": 300, "count_5_0": 90, "count_10": 30}
# PM2.5 and PM10 only, and four sizes: as the makers of the HPMA115S0 and C0 print them; 0x51 stands in the last word of a user's part.
HPMA_S0 = frame_of([0, 49, 50] + [0] * 9 + [0x5100])
HPMA_C0 = frame_of([48, 49, 50, 51] + [0] * 9)


def on(name: str, *said: bytes, from_ms: int = 31000, pace_ms: int = 1000) -> Bench:
    """A part that is warm, after it has said this."""
    frame = FRAMES[name]
    script = [(1000 * i, frame) for i in range(1, 31)] + [(from_ms + pace_ms * i, data) for i, data in enumerate(said)]
    bench = Bench(Scripted(script), name).until(30500)
    bench.sampler.close()
    return bench.until(from_ms + pace_ms * len(said))


def values(bench: Bench) -> dict:
    return {key(quantity): row[2] for quantity, row in bench.rows().items()}


def test_every_model_of_the_settings_is_tried_here() -> None:
    assert set(WORDS) == {part for part in UART_PARTS if UART_PARTS[part] == "plantower"}
    assert {model(name)[0] for name in WORDS} == set(LENGTHS)
    assert all(model(name)[0] + 4 == len(FRAMES[name]) for name in WORDS)


def test_every_word_becomes_its_quantity_on_the_wires_scale() -> None:
    for name in WORDS:
        expected = dict(VALUES)
        expected.update({} if name == "pms3003" else COUNT_VALUES)
        if name in ("pms5003s", "pms5003st"):
            expected["formaldehyde"] = 380
        if name in ("pms5003t", "pms5003st"):
            expected.update({"temperature": -1010, "humidity": 6580})
        if name == "pms5003t":
            expected.pop("count_5_0")
            expected.pop("count_10")
        bench = on(name, FRAMES[name])
        assert values(bench) == expected, name
        assert bench.driver.channels == [(4, column[1]) for column in columns(name)], name


def test_an_ack_of_length_4_is_an_ack_for_every_model_defect_1() -> None:
    for name in WORDS:
        bench = on(name, ACK + FRAMES[name] + ACK)
        counters = bench.driver.counters
        assert (counters["acks"], counters["wrong_model"], counters["rejected_length"]) == (2, 0, 0), name
        assert bench.qualities() == {q.OK}, name


def test_zero_bytes_before_a_frame_cost_nothing_defect_2() -> None:
    for name in WORDS:
        bench = Bench(Scripted([(1000, bytes(7) + FRAMES[name])]), name).until(1500)
        assert bench.driver.counters["frames"] == 1, name
        assert bench.driver.counters["skipped_bytes"] == 7, name


def test_an_all_zero_frame_is_data_for_every_model_defect_3() -> None:
    for name in WORDS:
        zero = frame_of([0] * len(WORDS[name]))
        assert set(values(on(name, zero, zero)).values()) == {0}, name
        assert on(name, zero, zero).qualities() == {q.OK}, name


def test_clean_air_beside_what_else_the_part_measures_is_data_defect_3() -> None:
    for name in ("pms5003t", "pms5003s", "pms5003st"):
        words = [word if i >= 6 + model(name)[1] else 0 for i, word in enumerate(WORDS[name])]
        bench = on(name, frame_of(words), frame_of(words))
        found = bench.rows()
        assert {row[0] for row in found.values()} == {q.OK}, name
        assert {found[quantity][2] for _, quantity in bench.driver.channels[:8]} == {0}, name


def test_a_header_inside_a_body_is_no_frame_defect_4() -> None:
    # Masses and counts that read as the beginnings of frames of every length.
    inside = [0x1C, 0x424D, 0x424D, 4, 20, 0x424D, 0x424D, 0x4204, 0x4203, 0x424, 36, 28]
    for name in WORDS:
        kept = {"pms3003": 6, "pms5003t": 10}.get(name, 12)
        words = inside[:kept] + WORDS[name][kept:]
        bench = on(name, frame_of(words), FRAMES[name])
        counters = bench.driver.counters
        assert (counters["frames"], counters["skipped_bytes"], counters["wrong_model"]) == (32, 0, 0), name


def test_a_hpma115_on_the_port_is_never_a_number_defect_6() -> None:
    for name in WORDS:
        for frame in (HPMA_S0, HPMA_C0):
            bench = on(name, *([frame] * 10))
            rows = bench.rows()
            assert {tuple(row) for row in rows.values()} == {(q.REJECTED, 0)}, name
            assert bench.driver.counters["wrong_model"] == 10, name
            assert bench.driver.health()[0][1]["wrong_model"] == 1, name


def test_a_hpma115_from_the_first_moment_on_is_rejected_and_not_warming_up_defect_6() -> None:
    bench = Bench(Scripted([(1000 * i, HPMA_S0) for i in range(1, 60)]), "pms5003").until(40000)
    assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}
    assert bench.driver.identity() == [[4, "pms5003", ""]]


def test_clean_air_of_a_hpma115_is_not_taken_for_that_of_this_part_defect_6() -> None:
    zero = frame_of([0] * 12 + [0x5100])
    bench = on("pms5003", HPMA_S0, zero, zero)
    assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}
    assert bench.driver.counters["wrong_model"] == 1


def test_a_part_that_is_put_back_is_read_again() -> None:
    bench = on("pms5003", HPMA_S0, FRAMES["pms5003"])
    assert values(bench)["pm2_5_atm"] == 1200
    assert "wrong_model" not in bench.driver.health()[0][1]


def test_a_model_with_frames_of_another_length_is_never_a_number() -> None:
    for name in WORDS:
        for other in WORDS:
            if len(FRAMES[other]) == len(FRAMES[name]):
                continue
            bench = on(name, *([FRAMES[other]] * 5))
            assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}, (name, other)
            assert bench.driver.counters["wrong_model"] == 5, (name, other)


def test_models_of_one_length_are_told_apart_where_their_frames_differ() -> None:
    warm = frame_of(MASSES + COUNTS[:4] + [305, 210, FIRMWARE])
    for name, frame in (("pms5003", warm), ("pms5003s", warm), ("pms5003t", FRAMES["pms5003"]), ("pms5003s", FRAMES["pms5003"])):
        bench = on(name, frame, frame)
        assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}, name


def test_a_foreign_frame_with_a_wrong_sum_is_noise_and_no_other_model() -> None:
    damaged = FRAMES["pms3003"][:-1] + b"\x00"
    bench = on("pms5003", damaged + FRAMES["pms5003"])
    assert bench.driver.counters["wrong_model"] == 0
    assert values(bench)["pm2_5_atm"] == 1200


def test_the_sender_of_a_frame() -> None:
    row = model("pms5003")
    assert sender(FRAMES["pms5003"], row) == OURS
    assert sender(frame_of([0] * 13), row) == EITHER
    assert sender(frame_of([0] * 6 + [120, 30, 5, 0, 0, 0, FIRMWARE]), row) == OURS  # clean air, some particles
    assert sender(HPMA_S0, row) == FOREIGN
    assert sender(frame_of(MASSES + [30, 90, 3, 3, 0, 0, FIRMWARE]), row) == FOREIGN


def test_a_temperature_that_falls_below_zero_on_a_noisy_line_is_no_jump() -> None:
    before, after = (frame_of(MASSES + COUNTS[:4] + [t & 0xFFFF, 658, FIRMWARE]) for t in (1, -1))
    bench = on("pms5003t", b"\x99" + before, after)
    row = bench.rows()[ID["temperature"]]
    assert (row[0], row[3], row[4]) == (q.OK, -10, 10)


def test_a_temperature_beyond_what_can_be_is_out_of_range() -> None:
    bench = on("pms5003t", frame_of(MASSES + COUNTS[:4] + [1251, 658, FIRMWARE]))
    assert bench.rows()[ID["temperature"]][0] == q.OUT_OF_RANGE


def test_a_count_that_fills_its_word_is_saturated_and_a_mass_that_does_is_out_of_range() -> None:
    for words, name, quality in (
        (MASSES + [0xFFFF] + COUNTS[1:], "count_0_3", q.SATURATED),
        (MASSES[:5] + [0xFFFF] + COUNTS, "pm10_atm", q.OUT_OF_RANGE),
    ):
        row = on("pms5003", frame_of(words + [FIRMWARE])).rows()[ID[name]]
        assert (row[0], row[1]) == (quality, 1)


def test_the_error_byte_is_health_and_the_firmware_byte_identity_where_the_model_has_them() -> None:
    for name in WORDS:
        expected = {} if name in ("pms3003", "pms5003s") else {"error": 0}
        bench = on(name, FRAMES[name])
        assert bench.driver.health() == [[4, expected]], name
        assert bench.driver.identity() == [[4, name, "firmware 151" if expected else ""]], name
        assert bench.driver.warm_up_ms == 30000


def test_the_error_byte_of_a_5003st_marks_its_channels() -> None:
    words = list(WORDS["pms5003st"])
    words[-1] += 3
    bench = on("pms5003st", frame_of(words))
    assert bench.driver.health() == [[4, {"error": 3}]]
    assert bench.qualities() == {q.SENSOR_ERROR}


def test_a_pms3003_is_never_asked() -> None:
    bench = Bench(Scripted([]), "pms3003", mode="passive").until(20000)
    said = {bytes(data[2:5]) for _, data in bench.line.heard}
    assert said == {b"\xe4\x00\x01", b"\xe1\x00\x01"}
