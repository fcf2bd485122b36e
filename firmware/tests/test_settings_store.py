from contract.faults import Fault
from contract.values import MAX_SEQ, MAX_SETTINGS_VERSION, MAX_VERSIONS_AHEAD
from firmware.tests.scratch import new_folder
from node.settings_store import SettingsStore
from node.stored_pair import StoredPair
from node.trial_record import TrialRecord

AS_SHIPPED = {"period_ms": 5000}
SENSOR = {"slot": 0, "part": "pms5003", "port": 0}


def board_with_ports_0_and_1(sensors: list) -> list:
    return [Fault(("sensors", at, "port"), "one of 0, 1", sensor["port"]) for at, sensor in enumerate(sensors) if sensor["port"] > 1]


def loaded(path: str) -> SettingsStore:
    store = SettingsStore(StoredPair(path), TrialRecord(StoredPair(path + "-trial")), AS_SHIPPED, board_with_ports_0_and_1)
    store.load()
    return store


def damage(path: str) -> None:
    with open(path, "wb") as file:
        file.write(b"\xff" * 100)


def test_a_new_node_has_the_settings_it_was_shipped_with():
    store = loaded(new_folder() + "/settings")
    assert (store.version, store.settings["period_ms"], store.lost) == (0, 5000, False)
    assert store.settings["resend_ms"] == 5000  # a default, whole settings


def test_an_offer_without_faults_is_in_force_now_and_at_the_next_boot():
    path = new_folder() + "/settings"
    store = loaded(path)
    assert store.offer(3, {"period_ms": 2000, "sensors": [SENSOR], "of_a_later_version": 1}) == []
    for one in (store, loaded(path)):
        assert (one.version, one.settings["period_ms"], one.lost) == (3, 2000, False)
        assert one.settings["sensors"][0]["mode"] == "active"
        assert one.settings["of_a_later_version"] == 1


def test_an_offer_with_faults_lists_them_all_and_changes_nothing():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(3, {"period_ms": 2000})
    store.keep()
    cases = (
        ({"period_ms": 1, "keepalive_s": "x"}, 2),
        ({"sensors": [dict(SENSOR, port=3)]}, 1),
        ({"sensors": [SENSOR, dict(SENSOR, slot=1)]}, 1),
        ({"sensors": [dict(SENSOR, part="pms9999")]}, 1),
        ({"note": "x" * 6200}, 1),
    )
    for document, count in cases:
        faults = store.offer(4, document)
        assert len(faults) == count and all(": " in fault or fault[0] == "$" for fault in faults), document
        for one in (store, loaded(path)):
            assert (one.version, one.settings["period_ms"]) == (3, 2000), document


def test_a_damaged_newest_file_gives_the_settings_before():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(1, {"period_ms": 1000})
    store.offer(2, {"period_ms": 2000})
    damage(path + "-b")
    store = loaded(path)
    assert (store.version, store.settings["period_ms"], store.lost) == (1, 1000, False)


def test_both_files_damaged_gives_the_settings_as_shipped_and_says_so():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(1, {"period_ms": 1000})
    store.offer(2, {"period_ms": 2000})
    damage(path + "-a")
    damage(path + "-b")
    store = loaded(path)
    assert (store.version, store.settings["period_ms"], store.lost) == (0, 5000, True)


def test_stored_settings_that_this_firmware_does_not_allow_are_lost_not_obeyed():
    path = new_folder() + "/settings"
    StoredPair(path).write(7, b'{"period_ms":1}')
    assert (loaded(path).version, loaded(path).lost) == (0, True)
    StoredPair(path).write(8, b"no JSON")
    assert (loaded(path).version, loaded(path).lost) == (0, True)


def test_a_flash_that_refuses_is_a_fault_of_the_offer():
    class Refusing:
        damaged = 0

        def read(self, counts=None):
            return None

        def write(self, number, content):
            raise OSError(28)

    store = SettingsStore(Refusing(), TrialRecord(Refusing()), AS_SHIPPED, board_with_ports_0_and_1)
    store.load()
    assert store.offer(1, {"period_ms": 2000}) == ["flash: not stored, error 28"]
    assert (store.version, store.settings["period_ms"]) == (0, 5000)


def state(store: SettingsStore) -> tuple:
    return store.version, store.settings["period_ms"], store.on_trial, store.returned


def test_settings_that_were_kept_are_kept_over_starts():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(3, {"period_ms": 2000})
    assert state(store) == (3, 2000, True, 0)
    store.keep()
    for _ in range(6):
        assert state(loaded(path)) == (3, 2000, False, 0)


def test_settings_that_return_give_the_old_ones_now_and_at_every_start():
    for kept in (0, 3):
        path = new_folder() + "/settings"
        store = loaded(path)
        if kept:
            store.offer(3, {"period_ms": 2000})
            store.keep()
        store.offer(4, {"period_ms": 4000})
        assert store.give_back() == 4
        expected = (3, 2000, False, 4) if kept else (0, 5000, False, 4)
        assert state(store) == expected
        for _ in range(5):
            assert state(loaded(path)) == expected
        assert store.offer(5, {"period_ms": 6000}) == []
        assert state(store) == state(loaded(path)) == (5, 6000, True, 0)


def test_settings_offered_during_a_trial_leave_those_before_it_to_return_to():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(1, {"period_ms": 1000})
    store.keep()
    for version in range(2, 6):
        store.offer(version, {"period_ms": 1000 * version})
    assert state(loaded(path)) == (5, 5000, True, 0)
    store.give_back()
    assert state(store) == state(loaded(path)) == (1, 1000, False, 5)


def test_a_trial_gets_its_time_at_three_starts_and_the_old_settings_return_at_the_fourth():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(1, {"period_ms": 1000})
    store.keep()
    store.offer(2, {"period_ms": 2000})
    for _ in range(3):
        assert state(loaded(path)) == (2, 2000, True, 0)
    store = SettingsStore(StoredPair(path), TrialRecord(StoredPair(path + "-trial")), AS_SHIPPED, board_with_ports_0_and_1)
    assert store.load() == 2
    assert state(store) == state(loaded(path)) == (1, 1000, False, 2)


def test_whether_a_usable_value_is_needed_is_known_after_a_restart():
    path = new_folder() + "/settings"
    store = loaded(path)
    for version, sensors, had_usable, needed in ((1, [SENSOR], True, True), (2, [SENSOR], False, False), (3, [], True, False)):
        store.offer(version, {"sensors": sensors}, had_usable)
        assert store.needs_usable == loaded(path).needs_usable == needed, version


def test_a_trial_record_that_is_lost_means_a_trial_anew_and_no_lost_settings():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(1, {"period_ms": 1000})
    store.keep()
    damage(path + "-trial-a")
    damage(path + "-trial-b")
    store = loaded(path)
    assert (state(store), store.lost) == ((1, 1000, True, 0), False)
    StoredPair(path + "-trial").write(9, b"of another firmware")
    assert state(loaded(path)) == (1, 1000, True, 0)


def test_a_flash_that_refuses_to_note_a_trial_is_counted_and_the_node_goes_on():
    class Full(StoredPair):
        full = False

        def write(self, number, content):
            if self.full:
                raise OSError(28)
            super().write(number, content)

    path = new_folder() + "/settings"
    pair = Full(path + "-trial")
    store = SettingsStore(StoredPair(path), TrialRecord(pair), AS_SHIPPED, board_with_ports_0_and_1)
    store.load()
    store.offer(1, {"period_ms": 1000})
    pair.full = True
    assert store.offer(2, {"period_ms": 2000}) == ["flash: not stored, error 28"]
    assert store.give_back() == 1
    assert (state(store), store.not_stored) == ((0, 5000, False, 1), 1)


class FullAt(StoredPair):
    """Refuses the writes of these numbers."""

    refused = ()

    def write(self, number, content):
        if number in self.refused:
            raise OSError(28)
        super().write(number, content)


def test_settings_that_flash_refuses_leave_the_trial_that_is_under_way_as_it_was():
    path = new_folder() + "/settings"
    store = loaded(path)
    store.offer(1, {"sensors": [SENSOR]}, False)
    store = loaded(path)
    store = loaded(path)
    pair, record = FullAt(path), TrialRecord(StoredPair(path + "-trial"))
    store = SettingsStore(pair, record, AS_SHIPPED, board_with_ports_0_and_1)
    store.load()
    before = record.trial
    assert before == (1, 3, False)
    pair.refused = (2,)
    assert store.offer(2, {"period_ms": 2000}) == ["flash: not stored, error 28"]
    again = TrialRecord(StoredPair(path + "-trial"))
    again.load()
    assert record.trial == again.trial == before


def test_a_version_from_which_nobody_can_go_on_does_not_count_and_a_node_that_holds_one_takes_settings_again():
    for has_older in (True, False):
        for word in ("kept", "returned", "tried"):
            path = new_folder() + "/settings"
            pair = StoredPair(path)
            if has_older:
                pair.write(5, b'{"period_ms":2000}')
            pair.write(MAX_SEQ, b'{"period_ms":3000}')
            numbers = [MAX_SEQ if word == other else 5 for other in ("kept", "returned", "tried")]
            StoredPair(path + "-trial").write(1, b"%d %d %d 0 1" % tuple(numbers))
            store = loaded(path)
            expected = (5, 2000, True, 0) if has_older else (0, 5000, False, 0)
            assert (state(store), store.lost) == (expected, not has_older), word
            assert store.offer(6, {"period_ms": 4000}) == []
            assert state(store) == (6, 4000, True, 0), word
            assert (state(loaded(path)), loaded(path).lost) == ((6, 4000, True, 0), False), word


def test_a_version_that_is_too_far_ahead_is_refused_with_the_greatest_and_changes_nothing():
    for start, returned in ((0, 0), (7, 0), (3, 9000), (MAX_SETTINGS_VERSION - 3, 0)):
        path = new_folder() + "/settings"
        if start:
            StoredPair(path).write(start, b'{"period_ms":2000}')
            StoredPair(path + "-trial").write(1, b"%d %d 0 0 1" % (start, returned))
        store = loaded(path)
        before = state(store)
        greatest = min(max(start, returned) + MAX_VERSIONS_AHEAD, MAX_SETTINGS_VERSION)
        for version in (MAX_SEQ, greatest + 1):
            assert store.offer(version, {"period_ms": 4000}) == ["v: at most %d, this is too far ahead" % greatest]
            assert state(store) == state(loaded(path)) == before
        assert store.offer(greatest, {"period_ms": 4000}) == []
        assert loaded(path).version == greatest
