# The steady-state path from byte to reading with the heap locked: one allocation is a MemoryError; and a message that the heap has
# no piece for. Only MicroPython can tell; run by test_drivers_on_micropython.py.

from micropython import heap_lock, heap_unlock

from contract.quality import OK
from firmware.tests.line import Line
from firmware.tests.virtual_parts import Scripted, plantower_frame, with_crc, words
from node import mqtt
from node.drivers.modbus_frames import REPLY, ReplyParser
from node.drivers.modbus_slave import Slave, channels
from node.drivers.plantower import FrameParser
from node.drivers.pms5003 import Pms5003
from node.drivers.pms5003 import channels as pms5003_channels
from node.sampler import Sampler


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
    parser = FrameParser()

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
    sampler = Sampler(pms5003_channels(0), line.uptime_ms)
    driver = Pms5003(0, line, sampler, "active", 2000, line.uptime_ms)
    frame = memoryview(plantower_frame(words(7, 12, 15)))

    def hear() -> None:
        line.now += 900
        driver._dialogue.handle_bytes(line.now)
        driver._parser.feed(frame, 32)
        driver._take_frames(line.now)

    assert locked(hear, 50) == 50
    assert driver.counters["frames"] == 51
    assert sampler.close()[0][2] == OK


def test_looking_for_a_reply_and_reading_it_allocates_no_more_than_one_view() -> None:
    line = Line(Scripted([]))
    sampler = Sampler(channels(0, "xy_md02"), line.uptime_ms)
    slave = Slave(0, 1, "xy_md02", 2000, sampler, 0)
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
