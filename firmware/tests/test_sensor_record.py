from firmware.tests.scratch import new_folder
from node.sensor_health import SensorHealth
from node.sensor_record import SensorRecord
from node.stored_pair import StoredPair

RECORD = {"0": ["sps30", "serial 1", 7200], "3": ["pms5003", "", 5]}


class BrokenPair:
    """Flash that takes nothing any more."""

    def read(self) -> None:
        return None

    def write(self, number: int, content: bytes) -> None:
        raise OSError(28)


def test_a_record_is_what_was_saved_last_also_after_a_restart():
    path = new_folder() + "/sensors"
    record = SensorRecord(StoredPair(path))
    assert record.load() == {}
    assert record.save({}) and record.save(RECORD)
    again = SensorRecord(StoredPair(path))
    assert again.load() == RECORD
    assert again.save({"0": ["sps30", "serial 2", 0]})
    assert SensorRecord(StoredPair(path)).load() == {"0": ["sps30", "serial 2", 0]}


def test_a_record_of_another_form_is_none():
    for content in (b"", b"[1]", b"{", b"\xff\xfe", b"5"):
        path = new_folder() + "/sensors"
        StoredPair(path).write(4, content)
        assert SensorRecord(StoredPair(path)).load() == {}


def test_flash_that_takes_nothing_is_told_and_costs_no_measurement():
    record = SensorRecord(BrokenPair())
    assert record.load() == {}
    assert not record.save(RECORD)


def test_a_swap_over_a_restart_is_noticed_from_flash():
    path = new_folder() + "/sensors"
    before = SensorHealth({}, 0)
    before.observe([[0, "sps30", "serial 1"]], [], [], 7200000)
    SensorRecord(StoredPair(path)).save(before.record)
    after = SensorHealth(SensorRecord(StoredPair(path)).load(), 0)
    swap = ("sensor_swapped", {"slot": 0, "from": "serial 1", "to": "serial 2"})
    assert after.observe([[0, "sps30", "serial 2"]], [], [], 1000) == [swap]
