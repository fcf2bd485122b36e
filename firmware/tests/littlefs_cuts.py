# The power is cut at every program and erase of the flash, whole and torn, while settings or the boot counter are stored. For
# MicroPython, whose littlefs this is about; test_on_micropython.py runs it.

import vfs

from firmware.tests.far_end import KEY, NODE, opened, sealed
from firmware.tests.ram_flash import RamFlash
from node import boot_counter
from node.clock import Clock
from node.outbox import Outbox
from node.session import Session
from node.settings_store import SettingsStore
from node.stored_pair import StoredPair
from node.trial_record import TrialRecord

_BLOCKS = 16
_FILLING = "x" * 900  # so that a file is more than what littlefs keeps in its directory


def _mounted(flash: RamFlash) -> None:
    try:
        vfs.umount("/cut")
    except OSError:
        pass
    vfs.mount(vfs.VfsLfs2(flash), "/cut")


def _formatted() -> RamFlash:
    flash = RamFlash(_BLOCKS)
    vfs.VfsLfs2.mkfs(flash)
    return flash


def _store() -> SettingsStore:
    store = SettingsStore(StoredPair("/cut/settings"), TrialRecord(StoredPair("/cut/trial")), {}, lambda sensors: [])
    store.load()
    return store


def _take_config(version: int) -> list:
    # As the application does it: the session checks, the store keeps, the session answers.
    store = _store()
    session = Session(NODE, KEY, "0000000100000000", Clock(), Outbox(10, 10000, lambda limit: 0))
    session.version = store.version
    fact = session.handle("config", sealed("config", {"v": version, "set": _settings(version)}), 0)
    session.applied(version, store.offer(fact[1], fact[2]), 0)
    session.connected(0)
    session.next_message(0)  # the question of the time
    return opened(session.next_message(0))[1]["i"]


def _settings(version: int) -> dict:
    return {"period_ms": 1000 + version, "note": _FILLING}


def _cuts(content: bytes, work):
    """Does the work once for each operation it needs, cut there, and yields with the flash mounted again, as after power-on."""
    whole = RamFlash(_BLOCKS, content)
    _mounted(whole)
    whole.operations = 0
    work()
    assert whole.operations
    for torn in (False, True):
        for number in range(1, whole.operations + 1):
            flash = RamFlash(_BLOCKS, content, number, torn)
            _mounted(flash)
            answer = _attempt(work)
            assert flash.operations >= number, "nothing was cut"
            _mounted(RamFlash(_BLOCKS, flash.data))
            yield number, torn, answer


def _attempt(work):
    try:
        return work()
    except OSError:  # of a chip without power nobody reads the answer
        return None


def _at_version(version: int) -> bytes:
    flash = _formatted()
    _mounted(flash)
    for one in range(1, version + 1):
        _take_config(one)
        _store().keep()
    return bytes(flash.data)


def test_settings_are_the_old_or_the_new_after_a_cut_anywhere():
    for version in (1, 2, 3, 6):
        seen = set()
        for number, torn, _ in _cuts(_at_version(version - 1), lambda v=version: _take_config(v)):
            store = _store()
            assert store.version in (version - 1, version), (version, number, torn)
            assert not store.lost, (version, number, torn)
            if store.version:
                assert store.settings["period_ms"] == 1000 + store.version
                assert store.settings["note"] == _FILLING
            seen.add(store.version)
            assert _take_config(version + 1)[0]["ok"], (version, number, torn)
        assert version - 1 in seen


def test_settings_that_were_answered_as_applied_are_there_after_a_cut():
    answered = 0
    for number, torn, items in _cuts(_at_version(2), lambda: _take_config(3)):
        if items is not None and items[0]["ok"]:
            answered += 1
            assert _store().version == 3, (number, torn)
        elif items is not None:
            assert items[0]["f"] == ["flash: not stored, error 5"], items
    assert answered == 0  # every operation comes before the answer


def _try_out(version: int) -> None:
    faults = _store().offer(version, _settings(version))
    if faults:
        raise OSError(faults[0])


def _checked(allowed: tuple, place: tuple) -> "tuple[int, bool]":
    """What is in force at this start, whole, and whether it is on trial: one of those allowed."""
    store = _store()
    found = store.version, store.on_trial
    assert found in allowed, (found, allowed, place)
    assert not store.lost, place
    if store.version:
        assert store.settings["period_ms"] == 1000 + store.version and store.settings["note"] == _FILLING, place
    return found


def _cut_trial(content: bytes, work, before: tuple, after: tuple) -> set:
    seen = set()
    for number, torn, _ in _cuts(content, work):
        place = (before, after, number, torn)
        found = _checked((before, after), place)
        assert _checked((found,), place) == found, "one state at one start, another at the next"
        seen.add(found)
    return seen


def test_a_trial_is_under_way_or_not_begun_after_a_cut_anywhere():
    for kept in (0, 1, 2):
        before = (kept, False)
        assert before in _cut_trial(_at_version(kept), lambda v=kept + 1: _try_out(v), before, (kept + 1, True))


def test_a_trial_that_follows_a_trial_never_keeps_the_first_one_by_a_cut():
    _cut_from_trial(lambda: _try_out(4), (4, True))


def test_a_trial_is_kept_or_under_way_after_a_cut_anywhere():
    _cut_from_trial(lambda: _store().keep(), (3, False))


def test_settings_that_return_are_the_old_ones_or_on_trial_after_a_cut_anywhere():
    _cut_from_trial(lambda: _store().give_back(), (2, False))


def _cut_from_trial(work, after: tuple) -> None:
    flash = RamFlash(_BLOCKS, _at_version(2))
    _mounted(flash)
    _try_out(3)
    assert (3, True) in _cut_trial(bytes(flash.data), work, (3, True), after)


def test_a_start_of_a_trial_that_is_cut_anywhere_leaves_the_trial_under_way():
    flash = RamFlash(_BLOCKS, _at_version(2))
    _mounted(flash)
    _try_out(3)
    _cut_trial(bytes(flash.data), _store, (3, True), (3, True))


def test_the_fourth_start_returns_whole_after_a_cut_anywhere():
    flash = RamFlash(_BLOCKS, _at_version(2))
    _mounted(flash)
    _try_out(3)
    for _ in range(3):
        assert _store().version == 3
    for number, torn, _ in _cuts(bytes(flash.data), _store):
        assert _checked(((2, False),), (number, torn)) == (2, False)
        assert _store().returned == 3


def _boot(randoms: list) -> str:
    return boot_counter.next_boot_id(StoredPair("/cut/boot"), lambda count: randoms.pop())[0]


def test_boot_ids_never_repeat_and_never_fall_after_a_cut_anywhere():
    randoms = [bytes((0, 0, at >> 8, at & 0xFF)) for at in range(500)]
    flash = _formatted()
    _mounted(flash)
    last = [_boot(randoms) for _ in range(3)][-1]
    for number, torn, cut_boot in _cuts(bytes(flash.data), lambda: _boot(randoms)):
        following = _boot(randoms)
        assert following != cut_boot and following[:8] > last[:8], (number, torn)


def test_a_boot_costs_one_file_write():
    randoms = [bytes(4) for _ in range(20)]
    flash = _formatted()
    _mounted(flash)
    for _ in range(5):
        _boot(randoms)
    flash.operations = 0
    _boot(randoms)
    assert flash.operations <= 2, flash.operations  # one program of the directory, and its sync
