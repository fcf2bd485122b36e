# The steady-state path from byte to reading with the heap locked: one allocation is a MemoryError; and a message that the heap has
# no piece for. Only MicroPython can tell; run by test_drivers_on_micropython.py.

from micropython import heap_lock, heap_unlock

from contract.profiles import whole
from contract.quality import OK
from contract.shipped_profiles import PROFILES
from firmware.tests import test_nextpm as asked_nextpm
from firmware.tests import test_winsen as asked_winsen
from firmware.tests.line import Line
from firmware.tests.test_plantower_models import FRAMES
from firmware.tests.uart_bench import Bench
from firmware.tests.virtual_parts import Scripted, plantower_frame, with_crc, words
from firmware.tests.virtual_uart_parts import Hpma115, Sds011
from node import mqtt
from node.drivers import plantower
from node.drivers.modbus_frames import REPLY, ReplyParser
from node.drivers.modbus_slave import Slave, channels
from node.drivers.plantower_frames import FrameParser
from node.sampler import Sampler

MD02 = whole(PROFILES["xy_md02"])


def locked(action: object, times: int) -> int:
    """How often the action was done with the heap locked, of so many times."""
    done = 0
    action()  # what is made once is made now
    heap_lock()
    try:
        while done < times:
            action()
            done += 1
    finally:
        heap_unlock()
    return done


def test_a_locked_heap_shows_an_allocation() -> None:
    try:
        locked(lambda: bytearray(8), 1)
    except MemoryError:
        return
    raise AssertionError("nothing was shown")


def test_plantower_frames_are_found_without_allocation() -> None:
    # Garbage, an ack, a damaged and two good frames, in pieces of 13 bytes as they come from a UART.
    good = plantower_frame(words(7, 12, 15))
    stream = b"\x00\x42\x00" + good + bytes.fromhex("424d0004e4000177") + good[:20] + good
    pieces = [memoryview(stream[at : at + 13]) for at in range(0, len(stream), 13)]
    parser = FrameParser(28)

    def hear() -> None:
        for piece in pieces:
            parser.feed(piece, len(piece))
            while parser.next_frame() is not None:
                pass

    assert locked(hear, 50) == 50
    assert parser.counters["frames"] == 2 * 51
    assert parser.counters["acks"] == 51


def test_a_frame_becomes_readings_without_allocation() -> None:
    line = Line(Scripted([]))
    sampler = Sampler(plantower.channels(0, "pms5003"), line.uptime_ms)
    sensor = {"slot": 0, "part": "pms5003", "mode": "active", "poll_ms": 2000}
    driver = plantower.build(sensor, line, sampler, line.uptime_ms)
    frame = memoryview(plantower_frame(words(7, 12, 15)))

    def hear() -> None:
        line.now += 900
        driver._dialogue.handle_bytes(line.now)
        driver._parser.feed(frame, 32)
        driver.take_frames(line.now)

    assert locked(hear, 50) == 50
    assert driver.counters["frames"] == 51
    assert sampler.close()[0][2] == OK


def test_a_frame_is_judged_without_allocation() -> None:
    # In order, out of order, a jump, its confirmation, out of range, and the same for long.
    line = Line(Scripted([]))
    sensor = {"slot": 0, "poll_ms": 1000, "stuck_s": 10, "saturates_ugm3": 999, "greatest_ugm3": 2000}
    sampler = Sampler([(0, 5), (0, 6), (0, 8), (0, 40)], line.uptime_ms, [sensor])
    frames = ((100, 200, 300), (300, 200, 100), (100, 90000, 90000), (100, 90000, 90000), (100, 200, 300000)) + 20 * ((5, 5, 5),)

    def hear() -> None:
        for one, two, ten in frames:
            line.now += 1000
            sampler.add(0, 5, one, OK)
            sampler.add(0, 6, two, OK)
            sampler.add(0, 8, ten, OK)
            sampler.add(0, 40, 2150, OK)

    assert locked(hear, 10) == 10
    assert [row[3] > 0 for row in sampler.close()] == [True] * 4


def hearing(driver: object, line: Line, stream: bytes) -> object:
    """A turn of the driver in which it hears this, in pieces of 13 bytes."""
    pieces = [memoryview(stream[at : at + 13]) for at in range(0, len(stream), 13)]

    def hear() -> None:
        line.now += 900
        driver._dialogue.handle_bytes(line.now)
        for piece in pieces:
            driver._parser.feed(piece, len(piece))
            driver.take_frames(line.now)

    return hear


def test_frames_of_the_other_uart_parts_become_readings_without_allocation() -> None:
    sds, s0, c0 = Sds011(), Hpma115(), Hpma115(True)
    spoken = (
        ("pms3003", "active", FRAMES["pms3003"] + FRAMES["pms5003"]),
        ("pms5003st", "active", FRAMES["pms5003st"] + FRAMES["pms5003"]),
        ("pms5003t", "active", FRAMES["pms5003t"] + FRAMES["pms5003"]),
        ("sds011", "active", b"\x00" + sds.streamed() + sds._said(0xC5, bytes((6, 1, 1, 0))) + sds._said(0xCF, bytes(4))),
        ("hpma115s0", "active", b"\x00" + s0.streamed() + b"\xa5\xa5" + FRAMES["pms5003"] + s0.streamed()),
        ("hpma115c0", "passive", c0._reply() + c0.streamed() + s0._reply()),
    )
    for name, mode, stream in spoken:
        bench = Bench(Scripted([]), name, mode=mode)
        driver = bench.driver
        hear = hearing(driver, bench.line, stream)
        for _ in range(4):
            hear()  # identities are learnt once
        assert locked(hear, 50) == 50, name
        assert driver.counters["frames"] >= 51 and driver.counters["wrong_model"] >= 51, name


def test_frames_of_parts_that_are_asked_become_readings_without_allocation() -> None:
    state = asked_nextpm.with_check(bytes((0x81, 0x16, 0)))
    spoken = (
        (asked_nextpm.Bench(Scripted([])), b"\x00\x81" + asked_nextpm.data(0, 40, 60, 65, 52, 87, 123) + state),
        (asked_winsen.Bench(Scripted([]), poll_ms=1000), b"\x00" + asked_winsen.UPLOAD + asked_winsen.answer(123, 98)),
    )
    for bench, stream in spoken:
        hear = hearing(bench.driver, bench.line, stream)

        def ask_and_hear(bench: object = bench, hear: object = hear) -> None:
            bench.line.now += 200
            bench.driver._dialogue.next_action(bench.line.now)
            hear()

        for _ in range(12):
            ask_and_hear()  # the opening is said once
        assert locked(ask_and_hear, 50) == 50, bench.driver.part
        assert bench.driver.counters["frames"] >= 51, bench.driver.part


def test_looking_for_a_reply_and_reading_it_allocates_no_more_than_one_view() -> None:
    line = Line(Scripted([]))
    sampler = Sampler(channels(0, MD02), line.uptime_ms)
    slave = Slave(0, 1, "xy_md02", 2000, MD02, sampler, 0)
    read = slave.next_action(0)
    noise = memoryview(bytes(40))
    reply = memoryview(with_crc(bytes.fromhex("0104040102ff9b")))
    parser = ReplyParser()

    def listen() -> None:
        parser.expect(read.request)
        parser.feed(noise, 40)
        parser.next_reply()
        parser.feed(reply, 8)  # all but the last byte
        parser.next_reply()

    def understand() -> None:
        slave.handle_reply(read, parser.data, 20000)

    assert locked(listen, 50) == 50
    parser.feed(reply[8:], 1)
    assert parser.next_reply() == REPLY
    assert locked(understand, 50) == 50


def test_a_message_that_can_be_heard_but_not_copied_is_too_long_and_the_link_goes_on() -> None:
    decoder = mqtt.Decoder(9000, {})
    message = mqtt.publish_head("t", 8000) + bytes(8000)
    decoder.feed(memoryview(message)[:-1])
    hoard = []
    try:
        while True:
            hoard.append(bytearray(1024))
    except MemoryError:
        decoder.feed(memoryview(message)[-1:])
    hoard.clear()
    assert decoder.next_packet() is None and decoder.counters["too_long"] == 1
    decoder.feed(b"\xd0\x00")
    assert decoder.next_packet() == (mqtt.PINGRESP,)
