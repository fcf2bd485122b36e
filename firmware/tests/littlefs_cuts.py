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
    store = SettingsStore(StoredPair("/cut/settings"), {}, lambda sensors: [])
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
