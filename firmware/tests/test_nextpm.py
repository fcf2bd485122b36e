# Tera NextPM: its frames in every cut, its toggle that is never repeated blindly, and what its state means.

from contract import quality as q
from contract.quantities import ID
from contract.settings import with_defaults
from firmware.tests.captures_of import captures_of
from firmware.tests.line import Line, run_until
from firmware.tests.virtual_parts import Scripted
from node.drivers import nextpm
from node.drivers.nextpm import FrameParser, command
from node.sampler import Sampler

CAPTURES = captures_of("nextpm")
GARBAGE = bytes(byte for byte in range(256) if byte != 0x81)


def with_check(body: bytes) -> bytes:
    return body + bytes(((256 - sum(body) % 256) % 256,))


def data(state: int, *words: int) -> bytes:
    return with_check(bytes((0x81, 0x11, state)) + b"".join(bytes((word >> 8, word & 255)) for word in words))


class Part:
    """lost: how many answers to a toggle do not arrive; deaf: how many toggles it does not hear."""

    def __init__(self, stopped: bool = False):
        self.stopped = stopped
        self.faults = 0
        self.ready_at = 0
        self.words = (40, 60, 65, 52, 87, 123)
        self.version = 0x1047
        self.toggles = 0
        self.lost = 0
        self.deaf = 0
        self.silent = False
        self._out = []

    def state(self, now: int) -> int:
        return self.faults | self.stopped | (0 if now >= self.ready_at else 4)

    def handle(self, heard: bytes, now: int) -> None:
        if self.silent or len(heard) != 3 or sum(heard) % 256 or heard[0] != 0x81:
            return
        code = heard[1]
        if code == 0x15:
            if self.deaf:
                self.deaf -= 1
                return
            self.toggles += 1
            self.stopped = not self.stopped
            if self.lost:
                self.lost -= 1
                return
        state = self.state(now)
        if code == 0x17:
            answer = with_check(bytes((0x81, 0x17, state, self.version >> 8, self.version & 255)))
        elif code == 0x11 and not self.stopped:
            answer = data(state, *self.words)
        else:
            answer = with_check(bytes((0x81, 0x15 if code == 0x15 else 0x16, state)))
        self.say(now + 10, answer)

    def say(self, at: int, answer: bytes) -> None:
        self._out.append((at, answer))
        self._out.sort(key=lambda pair: pair[0])

    def next_due(self) -> "int | None":
        return self._out[0][0] if self._out else None

    def next_action(self, now: int) -> "bytes | None":
        return self._out.pop(0)[1] if self._out and self._out[0][0] <= now else None


class Bench:
    def __init__(self, peer: object, **settings: int):
        [sensor] = with_defaults({"sensors": [dict(settings, slot=2, part="nextpm", port=0, poll_ms=1000)]})["sensors"]
        self.line = Line(peer)
        self.sampler = Sampler(nextpm.channels(2, "nextpm"), self.line.uptime_ms)
        self.driver = nextpm.build(sensor, self.line, self.sampler, self.line.uptime_ms)

    def until(self, ms: int) -> "Bench":
        run_until(self.driver, self.line, ms)
        return self

    def rows(self) -> dict:
        return {row[1]: row[2:] for row in self.sampler.close()}

    def rows_of(self, from_ms: int, to_ms: int) -> dict:
        self.until(from_ms)
        self.sampler.close()
        self.until(to_ms)
        return self.rows()

    def qualities_of(self, from_ms: int, to_ms: int) -> set:
        return {row[0] for row in self.rows_of(from_ms, to_ms).values()}


def frames_of(pieces: list, parser: "FrameParser | None" = None) -> list:
    parser = parser or FrameParser()
    sizes = {0x11: 16, 0x15: 4, 0x16: 4, 0x17: 6}
    found = []
    for piece in pieces:
        parser.feed(memoryview(piece), len(piece))
        kind = parser.next_frame()
        while kind is not None:
            found.append(bytes(parser.frame[: sizes[kind]]))
            kind = parser.next_frame()
    return found


def test_captures_whole_in_every_cut_and_between_garbage() -> None:
    for name, capture in CAPTURES:
        heard = [bytes.fromhex(part) for part in capture["heard"]]
        expected = [bytes.fromhex(frame) for frame in capture["frames"]]
        whole = b"".join(heard)
        for size in (1, 2, 3, 5, 16, 17, 300):
            parser = FrameParser()
            assert frames_of([whole[at : at + size] for at in range(0, len(whole), size)], parser) == expected, (name, size)
            for counter, value in capture["counters"].items():
                assert parser.counters[counter] == value, (name, size, counter, parser.counters)
        garbled = [GARBAGE]
        for part in heard:
            garbled.extend((part, GARBAGE))
        assert frames_of(garbled) == expected, name


def test_questions_are_the_published_ones() -> None:
    published = ((0x16, "811669"), (0x15, "81156a"), (0x11, "81116e"), (0x17, "811768"))
    for code, wire in published:
        assert command(code).hex() == wire


def test_every_single_damaged_byte_costs_its_frame_and_no_other() -> None:
    frames = [data(0, 1, 2, 3, level, level + 4, level + 6) for level in (10, 20, 30)]
    for at in range(16):
        damaged = bytearray(frames[1])
        damaged[at] ^= 0x55
        assert frames_of([frames[0] + bytes(damaged) + frames[2]]) == [frames[0], frames[2]], at


def test_a_frame_cut_short_at_any_byte_costs_no_other() -> None:
    whole = data(0, 1, 2, 3, 10, 14, 16)
    for cut in range(16):
        assert frames_of([whole[:cut] + whole, whole]) == [whole, whole], cut


def test_masses_are_read_in_tenths_and_keep_them() -> None:
    rows = Bench(Part()).rows_of(32000, 42000)
    expected = {"pm1_mass": 520, "pm2_5_mass": 870, "pm10_mass": 1230}
    assert rows == {ID[key]: [q.OK, 10, value, value, value] for key, value in expected.items()}


def test_zero_is_data() -> None:
    part = Part()
    part.words = (0,) * 6
    assert {tuple(row[:3]) for row in Bench(part).rows_of(32000, 42000).values()} == {(q.OK, 10, 0)}


def test_a_running_part_is_not_toggled() -> None:
    part = Part()
    Bench(part).until(120000)
    assert part.toggles == 0


def test_a_part_that_was_left_stopped_is_started_once() -> None:
    part = Part(stopped=True)
    bench = Bench(part).until(60000)
    assert (part.stopped, part.toggles) == (False, 1)
    assert bench.qualities_of(60000, 70000) == {q.OK}


def test_a_toggle_whose_answer_was_lost_is_not_said_twice() -> None:
    part = Part(stopped=True)
    part.lost = 1
    Bench(part).until(60000)
    assert (part.stopped, part.toggles) == (False, 1)


def test_a_toggle_that_was_not_heard_is_said_again() -> None:
    part = Part(stopped=True)
    part.deaf = 2
    Bench(part).until(60000)
    assert (part.stopped, part.toggles) == (False, 1)


def test_one_damaged_state_toggles_nothing() -> None:
    part = Part()
    bench = Bench(part).until(40000)
    part.say(bench.line.now + 300, with_check(bytes((0x81, 0x16, 1))))
    bench.until(60000)
    assert part.toggles == 0


def test_sleep_stops_it_and_wake_starts_it_with_its_warm_up() -> None:
    part = Part()
    bench = Bench(part).until(40000)
    bench.driver.sleep()
    bench.until(60000)
    assert part.stopped
    assert bench.qualities_of(60000, 70000) == {q.ASLEEP}
    bench.driver.wake()
    bench.until(76000)
    assert not part.stopped
    assert bench.qualities_of(76000, 99000) == {q.WARMING_UP}
    assert bench.qualities_of(112000, 120000) == {q.OK}


def test_a_part_that_is_not_ready_is_warming_up() -> None:
    part = Part()
    part.ready_at = 10**9
    assert Bench(part, warm_up_s=5).qualities_of(20000, 30000) == {q.WARMING_UP}


def test_the_warm_up_is_a_setting() -> None:
    assert Bench(Part(), warm_up_s=60).qualities_of(40000, 58000) == {q.WARMING_UP}
    assert Bench(Part(), warm_up_s=0).qualities_of(3000, 9000) == {q.OK}


def test_a_fault_marks_every_channel_keeps_the_values_and_is_health() -> None:
    part = Part()
    part.faults = 0x20
    bench = Bench(part)
    rows = bench.rows_of(32000, 42000)
    assert rows[ID["pm2_5_mass"]] == [q.SENSOR_ERROR, 10, 870, 870, 870]
    [[slot, health]] = bench.driver.health()
    assert (slot, health) == (2, {"degraded": 0, "heater": 0, "humidity_sensor": 0, "fan": 1, "memory": 0, "laser": 0})


def test_health_and_identity_are_empty_until_told() -> None:
    bench = Bench(Scripted([])).until(20000)
    assert bench.driver.health() == [[2, {}]]
    assert bench.driver.identity() == [[2, "nextpm", ""]]
    assert Bench(Part()).until(20000).driver.identity() == [[2, "nextpm", "firmware 1047"]]


def test_silence_is_no_reply_and_noise_is_rejected() -> None:
    assert Bench(Scripted([])).qualities_of(40000, 50000) == {q.NO_REPLY}
    assert Bench(Scripted([(at, b"\x81\x11\x00") for at in range(0, 60000, 700)])).qualities_of(40000, 50000) == {q.REJECTED}


def test_after_a_silence_the_warm_up_begins_again() -> None:
    part = Part()
    bench = Bench(part).until(40000)
    part.silent = True
    bench.until(60000)
    part.silent = False
    assert bench.qualities_of(66000, 80000) == {q.WARMING_UP}
    assert bench.qualities_of(105000, 110000) == {q.OK}


def test_a_jump_on_a_noisy_line_needs_a_second_reading() -> None:
    part = Part()
    bench = Bench(part).until(40000)
    part.say(bench.line.now + 200, b"\x00\x01\x02")
    bench.until(43000)
    bench.sampler.close()
    part.words = (1, 2, 3, 4000, 5000, 6000)
    bench.until(bench.line.now + 1000)
    assert {row[0] for row in bench.rows().values()} == {q.STEP}
    bench.until(bench.line.now + 3000)
    assert {row[0] for row in bench.rows().values()} == {q.OK}
