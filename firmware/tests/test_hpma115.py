# What is said to a HPMA115 and what its frames become; and that it is told from a Plantower.

from contract import quality as q
from contract.quantities import ID
from firmware.tests.test_plantower_models import FRAMES
from firmware.tests.uart_bench import Bench, frame_of
from firmware.tests.virtual_parts import Scripted
from firmware.tests.virtual_uart_parts import Hpma115

START, STOP, READ, AUTO_OFF, AUTO_ON = 1, 2, 4, 0x20, 0x40
KEYS = ("pm1_mass", "pm2_5_mass", "pm4_mass", "pm10_mass")
STANDARD = {ID["pm2_5_mass"]: 4900, ID["pm10_mass"]: 5100}
COMPACT = {ID[key]: value for key, value in zip(KEYS, (4800, 4900, 5000, 5100))}


def on(name: str = "hpma115s0", part: "object | None" = None, start_ms: int = 0, **settings: object) -> Bench:
    return Bench(part or Hpma115(name == "hpma115c0"), name, start_ms, **settings)


def warm_after(name: str, *said: bytes) -> Bench:
    """A part that sends by itself, and after its warm-up says this."""
    frame = Hpma115(name == "hpma115c0").streamed()
    script = [(1000 * i, frame) for i in range(1, 31)] + [(31000 + 1000 * i, data) for i, data in enumerate(said)]
    bench = on(name, Scripted(script)).until(30500)
    bench.sampler.close()
    return bench.until(31000 + 1000 * len(said))


def means(bench: Bench) -> dict:
    return {quantity: row[2] for quantity, row in bench.rows().items()}


def test_both_models_are_read_by_asking_and_by_listening() -> None:
    for name, expected in (("hpma115s0", STANDARD), ("hpma115c0", COMPACT)):
        for mode in ("active", "passive"):
            bench = on(name, mode=mode).warm()
            assert means(bench.until(41000)) == expected, (name, mode)
            assert sorted(quantity for _, quantity in bench.driver.channels) == sorted(expected)
            assert bench.part.streams == (mode == "active")
            assert bench.until(51000).qualities() == {q.OK}


def test_the_opening_is_start_and_mode_each_once() -> None:
    for mode, command in (("active", AUTO_ON), ("passive", AUTO_OFF)):
        bench = on(mode=mode).until(3000)
        assert [code for code in bench.part.commands if code != READ] == [START, command]
        assert bench.driver.counters["unacknowledged"] == 0


def test_a_poll_every_poll_ms() -> None:
    bench = on(mode="passive", poll_ms=3000).warm()
    before = bench.part.commands.count(READ)
    bench.until(61000)
    assert bench.part.commands.count(READ) - before == 10


def test_a_lost_command_is_said_again_until_it_is_acknowledged_defect_7() -> None:
    part = Hpma115()
    part.asleep, part.deaf = True, 2
    on(part=part).until(5000)
    assert not part.asleep
    assert part.commands[0] == START


def test_a_refused_command_is_said_again() -> None:
    class Refusing(Hpma115):
        refuses = 2

        def _obey(self, data: bytes, now: int) -> "bytes | None":
            if self.refuses:
                self.refuses -= 1
                return b"\x96\x96"
            return super()._obey(data, now)

    part = Refusing()
    part.asleep = True
    bench = on(part=part).until(5000)
    assert not part.asleep
    assert bench.driver.counters["refused"] == 2


def test_a_part_that_refuses_to_be_read_is_started_again_and_warms_up() -> None:
    bench = on(mode="passive").warm()
    bench.part.asleep = True  # stopped by a cut of its supply
    bench.until(40000)
    assert not bench.part.asleep
    bench.sampler.close()
    assert bench.until(50000).qualities() == {q.WARMING_UP}


def test_noise_that_looks_like_a_refusal_restarts_no_warm_up() -> None:
    bench = warm_after("hpma115s0", b"\x96\x96" + Hpma115().streamed(), Hpma115().streamed())
    assert bench.qualities() == {q.OK}


def test_sleep_stops_and_wake_starts_with_a_warm_up() -> None:
    for mode in ("active", "passive"):
        bench = on(mode=mode).warm()
        bench.driver.sleep()
        bench.until(40000)
        assert bench.part.asleep and bench.part.commands[-1] == STOP
        bench.sampler.close()
        assert bench.until(60000).qualities() == {q.ASLEEP}
        bench.driver.wake()
        assert bench.until(89000).qualities() == {q.WARMING_UP}
        assert not bench.part.asleep
        bench.until(91000)
        bench.sampler.close()
        assert bench.until(95000).qualities() == {q.OK}


def test_a_part_that_was_told_to_be_asked_and_sends_by_itself_is_told_again() -> None:
    bench = on(mode="passive").warm()
    bench.part.streams = True
    bench.until(40000)
    assert not bench.part.streams
    assert bench.driver.counters["unasked"] >= 1


def test_a_plantower_on_the_port_is_never_a_number_defect_6() -> None:
    for name in ("hpma115s0", "hpma115c0"):
        for model in FRAMES:
            bench = warm_after(name, *([FRAMES[model]] * 8))
            bench.until(39000)
            assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}, (name, model)


def test_a_plantower_from_the_first_moment_on_is_rejected_defect_6() -> None:
    bench = on(part=Scripted([(1000 * i, FRAMES["pms5003"]) for i in range(1, 60)])).until(40000)
    assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}
    assert bench.driver.counters["wrong_model"] == 40
    assert bench.driver.health() == [[4, {"wrong_model": 1}]]


def test_clean_air_of_a_plantower_is_not_taken_for_that_of_this_part_defect_6() -> None:
    bench = warm_after("hpma115s0", FRAMES["pms5003"], frame_of([0] * 12 + [0x9700]))
    assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}


def test_the_other_model_is_never_a_number() -> None:
    for name in ("hpma115s0", "hpma115c0"):
        other = Hpma115(name == "hpma115s0")
        for said in (other.streamed(), other._reply()):
            bench = warm_after(name, *([said] * 5))
            assert {tuple(row) for row in bench.rows().values()} == {(q.REJECTED, 0)}, name
            assert bench.driver.counters["wrong_model"] == 5, name


def test_a_part_that_is_put_back_is_read_again() -> None:
    bench = warm_after("hpma115s0", FRAMES["pms5003"], Hpma115().streamed())
    assert means(bench) == STANDARD
    assert bench.driver.health() == [[4, {}]]


def test_an_all_zero_frame_is_data_defect_3() -> None:
    for said in (frame_of([0] * 13), bytes.fromhex("40050400000000b7")):
        assert set(means(warm_after("hpma115s0", said, said)).values()) == {0}


def test_the_capture_of_a_user_is_read() -> None:
    # Its last word is not zero: 0x51 stands where a Plantower has its firmware.
    assert means(warm_after("hpma115s0", frame_of([0, 1, 2] + [0] * 9 + [0x5100]))) == {ID["pm2_5_mass"]: 100, ID["pm10_mass"]: 200}


def test_at_1000_it_is_saturated_and_beyond_out_of_range_with_its_value() -> None:
    rows = warm_after("hpma115s0", frame_of([0, 1000, 1001] + [0] * 10)).rows()
    assert rows[ID["pm2_5_mass"]][:1] + rows[ID["pm2_5_mass"]][2:3] == [q.SATURATED, 100000]
    assert rows[ID["pm10_mass"]][:1] + rows[ID["pm10_mass"]][2:3] == [q.OUT_OF_RANGE, 100100]


def test_a_jump_on_a_noisy_line_needs_a_second_reading() -> None:
    noisy, jumped = frame_of([0, 49, 51] + [0] * 10), frame_of([0, 149, 51] + [0] * 10)
    for said, expected in (((b"\x99" + noisy, jumped), 4900), ((b"\x99" + noisy, jumped, jumped), 14900)):
        row = warm_after("hpma115s0", *said).rows()[ID["pm2_5_mass"]]
        assert (row[0], row[4]) == (q.OK, expected)


def test_the_warm_up_is_a_setting_and_the_part_tells_no_identity() -> None:
    bench = on(warm_up_s=6)
    assert bench.driver.warm_up_ms == 6000
    assert bench.until(5400).qualities() == {q.WARMING_UP}
    bench.until(7000)
    bench.sampler.close()
    assert bench.until(10000).qualities() == {q.OK}
    assert bench.driver.identity() == [[4, "hpma115s0", ""]]


def test_silence_is_no_reply() -> None:
    for mode in ("active", "passive"):
        bench = on(mode=mode).warm()
        bench.part.silent = True
        bench.until(38000)
        bench.sampler.close()
        assert bench.until(45000).qualities() == {q.NO_REPLY}


def test_ticks_that_wrap_change_nothing_defect_10() -> None:
    for start in ((1 << 30) - 20000, (1 << 32) - 20000):
        bench = on(start_ms=start, mode="passive")
        assert bench.until(29000).qualities() == {q.WARMING_UP}
        bench.until(32000)
        bench.sampler.close()
        assert bench.until(50000).qualities() == {q.OK}
