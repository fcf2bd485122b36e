"""One slave of a bus: grid of turns, quarantine, probes, settling, and whose turn it is."""

from typing import Any

from contract import quality as q
from contract.quantities import ID
from contract.site.sources import with_defaults
from gateway.sources.averages import Averages
from gateway.sources.modbus_slave import Slave, most_overdue

T, RH = ID["temperature"], ID["humidity"]


def instrument(slot: int = 0, **more: Any) -> dict[str, Any]:
    one = {"slot": slot, "part": "xy_md02", "address": slot + 1, "poll_ms": 1000, **more}
    whole: dict[str, Any] = with_defaults({"source": "s", "kind": "modbus", "port": "p", "instruments": [one]})["instruments"][0]
    return whole


def a_slave(slot: int = 0, **more: Any) -> tuple[Slave, Averages]:
    averages = Averages([(slot, T), (slot, RH)], {})
    return Slave(instrument(slot, **more), averages, 0), averages


def fail(slave: Slave, now_ms: int) -> None:
    assert slave.next_read(now_ms) is not None
    slave.handle_failure(q.NO_REPLY, now_ms)


def qualities(averages: Averages) -> list[int]:
    return [row[2] for row in averages.close(1000)]


def test_registers_that_follow_each_other_are_one_question_and_turns_keep_their_grid() -> None:
    slave, averages = a_slave()
    read = slave.next_read(0)
    assert read is not None and (read.function, read.register, read.count) == (4, 1, 2)
    slave.handle_reply(read, b"\xff\x9b\x02\x92", 1500)
    assert averages.close(1000)[0][2] == q.OK and slave.next_read(1500) is None
    assert slave.next_due() == 2000


def test_values_are_warming_up_until_the_part_has_settled() -> None:
    slave, averages = a_slave()
    read = slave.next_read(0)
    assert read is not None
    slave.handle_reply(read, b"\x00\x01\x00\x01", 999)
    assert qualities(averages) == [q.WARMING_UP] * 2


def test_three_failures_quarantine_it_and_the_pause_between_probes_doubles() -> None:
    slave, averages = a_slave()
    for now_ms in (0, 1000, 2000):
        fail(slave, now_ms)
    assert slave.quarantined and slave.counters["quarantines"] == 1
    assert qualities(averages) == [q.NO_REPLY] * 2
    probes = [now_ms for now_ms in range(3000, 700_000, 1000) if _probe(slave, now_ms)]
    assert [later - before for before, later in zip([2000, *probes], probes)] == [12_000, 12_000, 20_000, 40_000, 80_000, 160_000, 300_000]
    assert qualities(averages) == [q.NO_REPLY] * 2, "silence says more than not having asked"


def _probe(slave: Slave, now_ms: int) -> bool:
    asked = slave.next_read(now_ms) is not None
    if asked:
        slave.handle_failure(q.NO_REPLY, now_ms)
    return asked


def test_one_that_comes_back_settles_again() -> None:
    slave, averages = a_slave()
    for now_ms in (0, 1000, 2000):
        fail(slave, now_ms)
    averages.close(1)
    read = slave.next_read(14_000)
    assert read is not None
    slave.handle_reply(read, b"\x00\x01\x00\x01", 14_000)
    assert not slave.quarantined and qualities(averages) == [q.WARMING_UP] * 2


def test_an_exception_is_an_answer() -> None:
    slave, averages = a_slave()
    for now_ms in (0, 1000, 2000, 3000):
        read = slave.next_read(now_ms)
        assert read is not None
        slave.handle_exception(read, now_ms)
        assert slave.next_read(now_ms) is None
    assert not slave.quarantined and qualities(averages) == [q.EXCEPTION] * 2


def test_who_answers_goes_before_who_is_probed() -> None:
    (dead, _), (well, _) = a_slave(0), a_slave(1)
    for now_ms in (0, 1000, 2000):
        fail(dead, now_ms)
    read = well.next_read(0)
    assert read is not None
    well.handle_reply(read, b"\x00\x01\x00\x01", 2500)
    well.next_read(2500)
    assert most_overdue([dead, well], 3000) is well
    assert (dead.next_due(), well.next_due()) == (3000, 3000)


def test_every_bit_of_several_values_set_is_a_transmitter_without_its_probe() -> None:
    slave, averages = a_slave()
    read = slave.next_read(5000)
    assert read is not None
    slave.handle_reply(read, b"\xff" * 4, 5000)
    assert qualities(averages) == [q.SENTINEL] * 2
