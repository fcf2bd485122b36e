# The Modbus master on a line in memory: profiles to readings, faults to qualities, and what a dead slave costs the others.

from contract import quality as q
from contract.profiles import whole
from contract.quantities import ID
from contract.shipped_profiles import PROFILES
from firmware.tests.line import Line, run_until
from firmware.tests.virtual_parts import Scripted, Slaves, with_crc
from node.drivers.modbus_frames import read_request
from node.drivers.modbus_rtu import ModbusBus, channels
from node.drivers.modbus_slave import plan
from node.sampler import Sampler

TVOC = ID["tvoc"]
TEMPERATURE = ID["temperature"]
HUMIDITY = ID["humidity"]


def transmitter(slot: int, address: int, part: str, poll_ms: int) -> tuple:
    return slot, address, part, poll_ms, whole(PROFILES[part])


def profile_of(*rows: tuple) -> dict:
    keys = ("function", "register", "type", "quantity")
    return whole({"line": [9600, 8, "N", 1], "settle_ms": 0, "fields": [dict(zip(keys, row)) for row in rows]})


JXCT = transmitter(0, 1, "jxct_tvoc", 2000)
MD02 = transmitter(1, 2, "xy_md02", 2000)
HEALTHY = {1: {6: 209}, 2: {1: 0xFF9B, 2: 658}}
SETTLED_MS = 16000


class Bench:
    def __init__(self, peer: object, transmitters: tuple = (JXCT, MD02), start_ms: int = 0):
        self.peer = peer
        self.start = start_ms
        self.line = Line(peer, start_ms)
        announced = [channel for row in transmitters for channel in channels(row[0], row[4])]
        self.sampler = Sampler(announced, self.line.uptime_ms)
        self.bus = ModbusBus(self.line, list(transmitters), self.sampler, self.line.uptime_ms)

    def until(self, ms: int) -> None:
        run_until(self.bus, self.line, self.start + ms)

    def settled(self) -> "Bench":
        self.until(SETTLED_MS)
        self.sampler.close()
        return self

    def rows(self) -> dict:
        return {(row[0], row[1]): row[2:] for row in self.sampler.close()}

    def asked(self, address: int) -> list:
        return [at for at, to in self.peer.asked if to == address]


def pauses(times: list) -> list:
    return [times[i + 1] - times[i] for i in range(len(times) - 1)]


def answered(answer: object, transmitters: tuple = (JXCT,)) -> Bench:
    # A settled bench whose slave 1 then answers in its own way for 10 s.
    bench = Bench(Slaves(HEALTHY), transmitters).settled()
    bench.peer.answers[1] = answer
    bench.until(SETTLED_MS + 10000)
    return bench


def test_registers_become_quantities_by_the_profile() -> None:
    bench = Bench(Slaves(HEALTHY)).settled()
    bench.until(SETTLED_MS + 10000)
    assert bench.rows() == {
        (0, TVOC): [q.OK, 5, 2090, 2090, 2090],
        (1, TEMPERATURE): [q.OK, 5, -1010, -1010, -1010],
        (1, HUMIDITY): [q.OK, 5, 6580, 6580, 6580],
    }


def test_channels_and_identity_follow_the_transmitters() -> None:
    bench = Bench(Slaves(HEALTHY))
    assert bench.bus.channels == [(0, TVOC), (1, TEMPERATURE), (1, HUMIDITY)]
    assert bench.bus.identity() == [[0, "jxct_tvoc", ""], [1, "xy_md02", ""]]


def test_registers_that_follow_each_other_are_one_request() -> None:
    [read] = plan(2, whole(PROFILES["xy_md02"]))
    assert read.request == read_request(2, 4, 1, 2)


def test_registers_that_do_not_are_several() -> None:
    rows = ((3, 9, "u16", "tvoc"), (3, 0, "f32", "humidity"), (4, 1, "s16", "temperature"), (3, 2, "u64", "pid"))
    reads = plan(1, profile_of(*rows))
    assert [read.request for read in reads] == [read_request(1, 3, 0, 6), read_request(1, 3, 9, 1), read_request(1, 4, 1, 1)]


def test_every_profile_of_the_contract_can_be_planned() -> None:
    for name in PROFILES:
        reads = plan(7, whole(PROFILES[name]))
        assert sum(len(read.fields) for read in reads) == len(PROFILES[name]["fields"]) == len(channels(0, whole(PROFILES[name])))


def test_before_it_has_settled_a_value_is_warming_up() -> None:
    bench = Bench(Slaves(HEALTHY), (JXCT,))
    bench.until(14000)
    assert bench.rows()[(0, TVOC)][0::2] == [q.WARMING_UP, 2090, 2090]


def test_a_sentinel_is_no_value() -> None:
    for raw in (0xFFFF, 0x7FFF, 0x8000):
        bench = Bench(Slaves({1: {6: raw}}), (JXCT,)).settled()
        bench.until(SETTLED_MS + 5000)
        assert bench.rows() == {(0, TVOC): [q.SENTINEL, 0]}


def test_every_bit_of_several_values_set_is_a_transmitter_without_its_probe() -> None:
    for humidity, expected in ((0xFFFF, [q.SENTINEL, 0]), (658, [q.OK, 5, -10, -10, -10])):
        bench = Bench(Slaves({2: {1: 0xFFFF, 2: humidity}}), (MD02,)).settled()
        bench.until(SETTLED_MS + 10000)
        assert bench.rows()[(1, TEMPERATURE)] == expected


def test_a_register_pinned_at_1000_ppb_is_saturated_with_its_value() -> None:
    for raw, quality in ((999, q.OK), (1000, q.SATURATED), (1001, q.SATURATED)):
        bench = Bench(Slaves({1: {6: raw}}), (JXCT,)).settled()
        bench.until(SETTLED_MS + 5000)
        row = bench.rows()[(0, TVOC)]
        assert (row[0], row[2]) == (quality, 10 * raw)


def test_a_value_that_air_cannot_have_is_out_of_range_with_its_value() -> None:
    bench = Bench(Slaves({2: {1: 250, 2: 1001}}), (MD02,)).settled()
    bench.until(SETTLED_MS + 5000)
    rows = bench.rows()
    assert rows[(1, HUMIDITY)][0] == q.OUT_OF_RANGE
    assert rows[(1, HUMIDITY)][2] == 10010
    assert rows[(1, TEMPERATURE)][0] == q.OK


def test_an_exception_is_told_and_does_not_quarantine() -> None:
    bench = Bench(Slaves({1: {5: 0}}), (JXCT,))
    bench.until(30000)
    assert bench.rows() == {(0, TVOC): [q.EXCEPTION, 0]}
    assert bench.bus.counters["exceptions"] == len(bench.asked(1)) == 15
    assert bench.bus.counters["quarantines"] == 0


def test_silence_is_no_reply() -> None:
    bench = Bench(Slaves({}), (JXCT,))
    bench.until(4000)
    assert bench.rows() == {(0, TVOC): [q.NO_REPLY, 0]}
    assert bench.bus.counters["timeouts"] == 2


def test_noise_only_is_rejected() -> None:
    bench = answered(lambda request, reply: [(10, b"\x55\xaa\x00\xff\x31")])
    assert bench.rows()[(0, TVOC)] == [q.REJECTED, 0]
    assert bench.bus.counters["rejected_noise"] >= 3
    assert bench.bus.counters["timeouts"] == 0


def test_a_reply_in_pieces_inside_noise_is_found() -> None:
    bench = answered(lambda request, reply: [(5, b"\x01\x03\x00"), (10, reply[:3]), (40, reply[3:] + b"\x99")])
    assert bench.rows()[(0, TVOC)] == [q.OK, 5, 2090, 2090, 2090]


def test_our_own_echo_is_not_an_answer() -> None:
    echo_only = answered(lambda request, reply: [(0, request)])
    assert echo_only.rows()[(0, TVOC)] == [q.NO_REPLY, 0]
    echo_first = answered(lambda request, reply: [(0, request), (15, reply)])
    assert echo_first.rows()[(0, TVOC)][0] == q.OK


def test_the_reply_of_another_address_is_rejected() -> None:
    bench = answered(lambda request, reply: [(15, with_crc(b"\x07" + reply[1:-2]))])
    assert bench.rows()[(0, TVOC)] == [q.REJECTED, 0]
    assert bench.bus.counters["rejected_address"] >= 3


def test_a_wrong_byte_count_is_rejected() -> None:
    bench = answered(lambda request, reply: [(15, with_crc(b"\x01\x03\x04\x00\xd1"))])
    assert bench.rows()[(0, TVOC)] == [q.REJECTED, 0]
    assert bench.bus.counters["rejected_byte_count"] >= 3


def test_a_late_reply_is_never_taken_for_the_answer_to_a_later_question() -> None:
    # Slave 1 answers 200 ms after its time; slave 2 is asked just then. Its own values must not change.
    bench = Bench(Slaves(HEALTHY)).settled()
    bench.peer.answers[1] = lambda request, reply: [(800, reply)]
    bench.until(SETTLED_MS + 5000)
    rows = bench.rows()
    assert rows[(0, TVOC)] == [q.NO_REPLY, 0]
    assert rows[(1, TEMPERATURE)][0] == q.OK
    assert rows[(1, TEMPERATURE)][2:] == [-1010, -1010, -1010]
    assert bench.bus.counters["stray_bytes"] > 0


def test_after_a_timeout_the_same_slave_is_not_asked_before_its_timeout_has_passed_again() -> None:
    bench = Bench(Slaves({}), (transmitter(0, 1, "jxct_tvoc", 500),))
    bench.until(5000)
    assert min(pauses(bench.asked(1))) >= 500 + 50 + 500


def test_a_slave_with_many_slow_reads_leaves_the_others_their_turns() -> None:
    many = profile_of(*((3, 2 * i, "u16", key) for i, key in enumerate(("tvoc", "pid", "humidity", "wind_speed", "co2", "ozone"))))
    slow = (0, 1, "many", 2000, many)
    bench = Bench(Slaves({1: {2 * i: 5 for i in range(6)}, 2: {1: 0, 2: 500}}), (slow, MD02))
    bench.peer.answers[1] = lambda request, reply: [(450, reply)]
    bench.until(120000)
    asked = bench.asked(2)
    assert max(pauses(asked)) <= 3000 and len(asked) >= 57
    assert {row[2] for row in bench.sampler.close() if row[0] == 0} == {q.OK}  # each of its reads came, over two turns


def test_what_each_slave_did_is_counted_apart() -> None:
    bench = Bench(Slaves({1: {6: 209}}), (JXCT, MD02))
    bench.until(30000)
    healthy, dead = (counters for slot, counters in bench.bus.statistics())
    assert healthy["replies"] == healthy["polls"] >= 14 and 15 <= healthy["longest_ms"] <= 100
    assert dead["silences"] == dead["polls"] and dead["replies"] == 0 and dead["put_aside"] == 1
    assert bench.bus.health() == [[0, {"quarantined": 0}], [1, {"quarantined": 1}]]


def test_between_two_frames_there_are_three_and_a_half_characters() -> None:
    bench = Bench(Slaves(HEALTHY), (transmitter(0, 1, "jxct_tvoc", 500), transmitter(1, 2, "xy_md02", 500)))
    bench.until(20000)
    # From the end of one request to the end of the next lie the answer, the pause and 8 characters; the answer comes after 15 ms.
    assert min(pauses([at for at, _ in bench.line.heard])) >= 15 + 4 + 9


def test_beats_go_on_while_no_slave_is_due() -> None:
    bench = Bench(Slaves(HEALTHY), (transmitter(0, 1, "jxct_tvoc", 60000),))
    while bench.line.now < 100000:
        before = bench.line.now
        bench.until(before + 1)
        assert bench.line.now - before <= 2000


def test_a_raving_line_ends_neither_the_bus_nor_its_beats() -> None:
    noise = bytes(200)  # one for all: six thousand of them nearly fill the interpreter's heap
    bench = Bench(Scripted([(at, noise) for at in range(0, 60000, 10)]))
    last = 0
    while bench.line.now < 60000:
        bench.until(bench.line.now + 1)
        assert bench.line.now - last <= 2000
        last = bench.line.now
    assert {row[0] for row in bench.rows().values()} == {q.REJECTED}


def test_ticks_that_wrap_change_nothing() -> None:
    for start in ((1 << 30) - 5000, (1 << 32) - 5000):
        bench = Bench(Slaves(HEALTHY), start_ms=start).settled()
        bench.until(SETTLED_MS + 10000)
        assert bench.rows()[(0, TVOC)] == [q.OK, 5, 2090, 2090, 2090]
