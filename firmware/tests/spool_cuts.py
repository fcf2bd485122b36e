# The power is cut at every program and erase of the flash, whole and torn, while a node's boots spool, send and remove; and erases are
# counted. For MicroPython, whose littlefs this is about; test_on_micropython.py runs it.

import gc

import vfs

from firmware.tests.ram_flash import RamFlash
from node.spool import MAX_ERASES_PER_DAY, Spool

_BLOCKS = 32
_BOOTS = (b"\x00\x00\x00\x01aaaa", b"\x00\x00\x00\x02bbbb", b"\x00\x00\x00\x03cccc", b"\x00\x00\x00\x04dddd")
_ITEM = b" " * 280  # a report of seven channels


class _Counting(RamFlash):
    erases = 0

    def ioctl(self, request: int, argument: int) -> int:
        self.erases += request == 6
        return super().ioctl(request, argument)


def _mounted(flash: RamFlash) -> None:
    try:
        vfs.umount("/cut")
    except OSError:
        pass
    vfs.mount(vfs.VfsLfs2(flash), "/cut")


_FLASH = _Counting(_BLOCKS)  # one for all: a heap that is in pieces has no room for a second


def _formatted() -> _Counting:
    flash = _FLASH
    flash.cut_at(None, False)
    vfs.VfsLfs2.mkfs(flash)
    _mounted(flash)
    return flash


def _booted() -> Spool:
    spool = Spool("/cut/spool", 24576)
    spool.load()
    return spool


class _Script:
    """Three boots that spool batches and now and then deliver one. Keeps what is durable and what is acknowledged, by key."""

    def __init__(self):
        self.durable: list = []  # keys whose write returned, in order
        self.begun: list = []  # those of a write that did not return
        self.done: set = set()  # acknowledged
        self.given_up: set = set()

    def run(self) -> None:
        for number in range(3):
            spool = _booted()
            seq = 0
            for step in range(9):
                self._spool(spool, _BOOTS[number], seq, 6)
                seq += 6
                if step % 3 == 2:
                    self._deliver(spool)

    def _spool(self, spool: Spool, boot: bytes, first: int, count: int) -> None:
        if spool.is_full_for(4096):
            self.given_up.update((item[1], item[2]) for item in spool.oldest())
            spool.drop_oldest()
        self.begun = [(boot, first + index) for index in range(count)]
        spool.write([(1, boot, first + index, _ITEM) for index in range(count)])
        self.durable.extend(self.begun)
        self.begun = []

    def _deliver(self, spool: Spool) -> None:
        _, boot, items = spool.next_batch(20, 2048)
        self.done.update((boot, seq) for seq, _ in items)
        spool.confirm()


def _replayed() -> list:
    spool = _booted()
    spool.write([(1, _BOOTS[3], 0, _ITEM)])
    found = []
    batch = spool.next_batch(20, 2048)
    while batch is not None:
        found.extend((batch[1], seq) for seq, _ in batch[2])
        spool.confirm()
        batch = spool.next_batch(20, 2048)
    return found


def _operations() -> int:
    flash = _formatted()
    flash.operations = 0
    _Script().run()
    return flash.operations


def test_a_cut_at_any_operation_loses_nothing_durable_and_brings_nothing_under_another_key():
    count = _operations()
    assert count >= 200, count
    flash = _formatted()
    formatted = bytes(flash.data)
    for torn in (False, True):
        for number in range(1, count + 1):
            vfs.umount("/cut")
            flash.data[:] = formatted
            flash.cut_at(number, torn)
            vfs.mount(vfs.VfsLfs2(flash), "/cut")
            script = _Script()
            try:
                script.run()
            except OSError:
                pass  # of a chip without power nobody reads the answer
            assert flash.operations >= number, "nothing was cut"
            gc.collect()  # closes what the cut left open, on the dead chip; each says so
            flash.cut_at(None, False)
            _mounted(flash)
            _judge(script, _replayed(), (number, torn))


def _judge(script: _Script, found: list, where: tuple) -> None:
    assert found[-1] == (_BOOTS[3], 0), where  # the node boots and its flash takes more
    del found[-1]
    assert found == sorted(found) and len(found) == len(set(found)), where
    known = set(script.durable) | set(script.begun)
    assert set(found) <= known, where
    owed = set(script.durable) - script.done - script.given_up
    assert owed <= set(found), (where, sorted(owed - set(found))[:3])


def test_erases_of_a_day_without_a_link_are_within_the_bound():
    flash = _formatted()
    spool = _booted()
    flash.erases = seq = 0
    for _ in range(144):  # a tenth of a day, one batch a minute
        if spool.is_full_for(4096):
            spool.drop_oldest()
        spool.write([(1, _BOOTS[0], seq + index, _ITEM) for index in range(6)])
        seq += 6
    assert 0 < flash.erases * 10 <= MAX_ERASES_PER_DAY, flash.erases


def test_nothing_is_erased_or_programmed_while_nothing_is_spooled():
    flash = _formatted()
    spool = _booted()
    flash.operations = 0
    assert spool.next_batch(20, 2048) is None and not spool.is_full_for(4096)
    assert flash.operations == 0
