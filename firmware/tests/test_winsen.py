# Winsen ZE08-CH2O and ZE40A-TVOC: their frames in every cut, their mode, and what their silence is called.

from contract import quality as q
from contract.quantities import ID
from contract.settings import with_defaults
from firmware.tests.captures_of import captures_of
from firmware.tests.line import Line, run_until
from firmware.tests.virtual_parts import Scripted
from node.drivers import winsen
from node.drivers.winsen import ANSWER, FrameParser, command
from node.sampler import Sampler

CAPTURES = captures_of("ze")
GARBAGE = bytes(range(255))  # no start byte in it
WARM_MS = 181000


def with_check(body: bytes) -> bytes:
    return b"\xff" + body + bytes(((256 - sum(body) % 256) % 256,))


def answer(ugm3: int, ppb: int) -> bytes:
    return with_check(bytes((0x86, ugm3 >> 8, ugm3 & 255, 0, 0, ppb >> 8, ppb & 255)))


UPLOAD = with_check(bytes((0x17, 4, 0, 0, 25, 0x13, 0x88)))


class Part:
    """Streams after power-on until it is told to speak when asked. power_cut() is what it is called."""

    def __init__(self):
        self.ugm3 = 123
        self.ppb = 98
        self.asks = 0
        self.deaf = False
        self.acknowledges = False
        self.power_cut(0)

    def power_cut(self, now: int) -> None:
        self._streams_at = now + 1000
        self._out = []

    def handle(self, data: bytes, now: int) -> None:
        if self.deaf:
            return
        if data == bytes.fromhex("ff0178410000000046"):
            self._streams_at = None
            if self.acknowledges:
                self.say(now + 10, with_check(bytes((0x78, 1, 0, 0, 0, 0, 0))))
        elif data == bytes.fromhex("ff0186000000000079"):
            self.asks += 1
            self.say(now + 10, answer(self.ugm3, self.ppb))

    def say(self, at: int, data: bytes) -> None:
        """Besides what it says anyway."""
        self._out.append((at, data))
        self._out.sort(key=lambda pair: pair[0])

    def next_due(self) -> "int | None":
        times = [at for at, _ in self._out]
        if self._streams_at is not None:
            times.append(self._streams_at)
        return min(times) if times else None

    def next_action(self, now: int) -> "bytes | None":
        if self._out and self._out[0][0] <= now:
            return self._out.pop(0)[1]
        if self._streams_at is not None and self._streams_at <= now:
            self._streams_at = now + 1000
            return UPLOAD
        return None


class Bench:
    def __init__(self, peer: object, part: str = "ze08_ch2o", **settings: int):
        [sensor] = with_defaults({"sensors": [dict(settings, slot=3, part=part, port=0)]})["sensors"]
        self.line = Line(peer)
        self.sampler = Sampler(winsen.channels(3, part), self.line.uptime_ms)
        self.driver = winsen.build(sensor, self.line, self.sampler, self.line.uptime_ms)

    def until(self, ms: int) -> "Bench":
        run_until(self.driver, self.line, ms)
        return self

    def row(self) -> list:
        [row] = self.sampler.close()
        return row

    def row_of(self, from_ms: int, to_ms: int) -> list:
        self.until(from_ms)
        self.sampler.close()
        self.until(to_ms)
        return self.row()


def frames_of(pieces: list, parser: "FrameParser | None" = None) -> list:
    parser = parser or FrameParser()
    found = []
    for piece in pieces:
        parser.feed(memoryview(piece), len(piece))
        kind = parser.next_frame()
        while kind is not None:
            assert kind == parser.frame[1]
            found.append(bytes(parser.frame))
            kind = parser.next_frame()
    return found


def cut(data: bytes, size: int) -> list:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_captures_whole_in_every_cut_and_between_garbage() -> None:
    for name, capture in CAPTURES:
        heard = [bytes.fromhex(part) for part in capture["heard"]]
        expected = [bytes.fromhex(frame) for frame in capture["frames"]]
        for size in (1, 2, 4, 8, 9, 10, 300):
            parser = FrameParser()
            assert frames_of(cut(b"".join(heard), size), parser) == expected, (name, size)
            for counter, value in capture["counters"].items():
                assert parser.counters[counter] == value, (name, size, counter, parser.counters)
        garbled = [GARBAGE]
        for part in heard:
            garbled.extend((part, GARBAGE))
        assert [frame for frame in frames_of(garbled) if frame in expected] == expected, name


def test_commands_are_the_published_ones() -> None:
    assert winsen.QUESTION_MODE.hex() == "ff0178410000000046"
    assert command(0x78, 0x40).hex() == "ff0178400000000047"
    assert winsen.READ.hex() == "ff0186000000000079"


def test_every_single_damaged_byte_costs_its_frame_and_no_other() -> None:
    frames = [answer(level, level + 4) for level in (10, 20, 30)]
    for at in range(9):
        damaged = bytearray(frames[1])
        damaged[at] ^= 0x55
        assert frames_of([frames[0] + bytes(damaged) + frames[2]]) == [frames[0], frames[2]], at


def test_a_frame_cut_short_at_any_byte_costs_no_other() -> None:
    whole = answer(10, 14)
    for at in range(9):
        assert frames_of([whole[:at] + whole, whole]) == [whole, whole], at


def test_a_line_held_low_after_a_start_byte_is_no_frame() -> None:
    assert frames_of([b"\xff" + bytes(20)]) == []


def test_formaldehyde_is_the_ugm3_of_a_ze08_and_tvoc_the_ppb_of_a_ze40() -> None:
    for part, quantity, value in (("ze08_ch2o", "formaldehyde", 1230), ("ze40_tvoc", "tvoc", 980)):
        row = Bench(Part(), part, poll_ms=1000).row_of(WARM_MS + 2000, WARM_MS + 12000)
        assert row == [3, ID[quantity], q.OK, 10, value, value, value]


def test_zero_is_data() -> None:
    part = Part()
    part.ugm3 = 0
    assert Bench(part).row_of(WARM_MS + 2000, WARM_MS + 12000)[2:5] == [q.OK, 5, 0]


def test_the_first_three_minutes_are_warming_up_with_their_values_and_longer_when_the_settings_say_so() -> None:
    assert Bench(Part()).until(170000).row()[2:5:2] == [q.WARMING_UP, 1230]
    assert Bench(Part(), warm_up_s=600).row_of(300000, 590000)[2] == q.WARMING_UP
    assert Bench(Part(), warm_up_s=600).row_of(602000, 612000)[2] == q.OK


def test_a_part_that_streams_is_told_to_speak_when_asked_and_streamed_frames_are_no_readings() -> None:
    part = Part()
    bench = Bench(part).until(10000)
    assert bench.line.heard[0][1] == winsen.QUESTION_MODE
    assert part.asks >= 3
    part.deaf = True  # from here on it only streams
    part.power_cut(bench.line.now)
    assert bench.row_of(20000, 30000)[2:] == [q.REJECTED, 0]


def test_after_a_power_cut_of_the_part_its_mode_is_set_and_its_warm_up_begins_again() -> None:
    part = Part()
    bench = Bench(part).until(WARM_MS + 5000)
    part.power_cut(bench.line.now)
    assert bench.row_of(WARM_MS + 10000, WARM_MS + 40000)[2] == q.WARMING_UP
    assert part.next_due() is None or part.next_due() > bench.line.now  # it does not stream any more
    assert bench.row_of(2 * WARM_MS + 20000, 2 * WARM_MS + 30000)[2] == q.OK


def test_one_unasked_frame_is_not_taken_for_a_power_cut() -> None:
    part = Part()
    bench = Bench(part).until(WARM_MS + 5000)
    part.say(bench.line.now + 300, UPLOAD)
    assert bench.row_of(WARM_MS + 8000, WARM_MS + 20000)[2] == q.OK


def test_an_acknowledged_mode_is_said_once() -> None:
    part = Part()
    part.acknowledges = True
    bench = Bench(part).until(10000)
    assert len([1 for _, data in bench.line.heard if data == winsen.QUESTION_MODE]) == 1
    assert bench.driver.counters["unacknowledged"] == 0


def test_silence_is_no_reply_and_noise_is_rejected() -> None:
    assert Bench(Scripted([])).row_of(WARM_MS, WARM_MS + 10000)[2] == q.NO_REPLY
    noise = [(at, b"\xff\x86\x01") for at in range(0, 200000, 700)]
    assert Bench(Scripted(noise)).row_of(WARM_MS, WARM_MS + 10000)[2] == q.REJECTED


def test_a_jump_on_a_noisy_line_needs_a_second_reading() -> None:
    part = Part()
    bench = Bench(part, poll_ms=1000).until(WARM_MS + 5000)
    part.say(bench.line.now + 200, b"\x00\x01\x02")
    bench.until(bench.line.now + 1500)
    bench.sampler.close()
    part.ugm3 = 999
    bench.until(bench.line.now + 1000)
    assert bench.row()[2:5:2] == [q.STEP, 9990]
    readings = bench.row_of(bench.line.now + 2000, bench.line.now + 6000)
    assert readings[2:5:2] == [q.OK, 9990]


def test_it_goes_on_when_others_sleep_and_tells_no_identity() -> None:
    bench = Bench(Part()).until(WARM_MS + 5000)
    bench.driver.sleep()
    assert bench.driver.warm_up_ms == 0
    assert bench.row_of(WARM_MS + 8000, WARM_MS + 20000)[2] == q.OK
    bench.driver.wake()
    assert bench.row_of(WARM_MS + 21000, WARM_MS + 40000)[2] == q.OK
    assert bench.driver.identity() == [[3, "ze08_ch2o", ""]] and bench.driver.health() == [[3, {}]]


def test_frames_are_read_only_of_the_kind_that_answers() -> None:
    assert frames_of([answer(1, 2)])[0][1] == ANSWER
    assert Bench(Scripted([(1000 * i, UPLOAD) for i in range(1, 200)])).until(190000).row()[3] == 0
