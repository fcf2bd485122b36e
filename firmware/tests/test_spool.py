import os

from firmware.tests.scratch import new_folder
from node.spool import BLOCK_BYTES, SEGMENT_BYTES, Spool

OLD, NEW = b"\x00\x00\x00\x01aaaa", b"\x00\x00\x00\x02bbbb"


def booted(folder: str, budget: int = 65536) -> Spool:
    spool = Spool(folder + "/spool", budget)
    spool.load()
    return spool


def items(boot: bytes, first: int, last: int, kind: int = 1, size: int = 20) -> list:
    return [(kind, boot, seq, b'{"q":%d}' % seq + b" " * size) for seq in range(first, last + 1)]


def replayed(spool: Spool) -> list:
    """[(boot, seq), ...] of everything, each batch confirmed."""
    found = []
    batch = spool.next_batch(20, 2048)
    while batch is not None:
        found.extend((batch[1], seq) for seq, _ in batch[2])
        spool.confirm()
        batch = spool.next_batch(20, 2048)
    return found


def files(folder: str) -> list:
    return sorted(os.listdir(folder + "/spool"))


def test_what_was_written_comes_back_in_order_over_boots_and_leaves_no_file():
    folder = new_folder()
    spool = booted(folder)
    assert spool.next_batch(20, 2048) is None
    spool.write(items(OLD, 0, 4))
    spool.write(items(OLD, 5, 9))
    assert files(folder) == ["00000001"]
    spool = booted(folder)
    spool.write(items(NEW, 0, 4))
    assert files(folder) == ["00000001", "00000002"]  # a boot appends to no file of an earlier one
    assert replayed(spool) == [(OLD, seq) for seq in range(10)] + [(NEW, seq) for seq in range(5)]
    assert files(folder) == [] and spool.bytes == 0
    spool.write(items(NEW, 5, 5))
    assert replayed(spool) == [(NEW, 5)]


def test_a_batch_is_of_one_kind_and_one_boot_and_within_its_limits():
    spool = booted(new_folder())
    spool.write(items(OLD, 0, 1, kind=1) + items(OLD, 2, 2, kind=2) + items(NEW, 0, 30, kind=2))
    sizes = []
    batch = spool.next_batch(20, 300)
    while batch is not None:
        assert sum(len(encoded) + 1 for _, encoded in batch[2]) <= 300
        sizes.append((batch[0], batch[1], len(batch[2])))
        assert spool.next_batch(20, 300) == batch  # again until it is confirmed
        spool.confirm()
        batch = spool.next_batch(20, 300)
    assert sizes == [(1, OLD, 2), (2, OLD, 1), (2, NEW, 10), (2, NEW, 10), (2, NEW, 10), (2, NEW, 1)]


def test_an_item_longer_than_a_batch_goes_alone():
    spool = booted(new_folder())
    spool.write(items(OLD, 0, 1, size=3000))
    assert [len(spool.next_batch(20, 2048)[2]), spool.confirm(), len(spool.next_batch(20, 2048)[2])] == [1, None, 1]


def test_a_tail_torn_at_any_byte_loses_only_the_record_it_is_in_and_what_follows_is_read():
    folder = new_folder()
    booted(folder).write(items(OLD, 0, 2))
    with open(folder + "/spool/00000001", "rb") as file:
        whole = file.read()
    for cut in range(len(whole)):
        with open(folder + "/spool/00000001", "wb") as file:
            file.write(whole[:cut])
        spool = booted(folder)
        spool.write(items(NEW, 0, 0))
        kept = cut * 3 // len(whole)
        assert replayed(spool) == [(OLD, seq) for seq in range(kept)] + [(NEW, 0)], cut
        assert spool.counters["torn"] == bool(cut * 3 % len(whole)), cut


def test_a_rotten_byte_anywhere_ends_its_file_and_no_other():
    folder = new_folder()
    booted(folder).write(items(OLD, 0, 2))
    path = folder + "/spool/00000001"
    with open(path, "rb") as file:
        whole = file.read()
    for at in range(len(whole)):
        with open(path, "wb") as file:
            file.write(whole[:at] + bytes((whole[at] ^ 0x10,)) + whole[at + 1 :])
        spool = booted(folder)
        spool.write(items(NEW, 0, 0))
        kept = at * 3 // len(whole)
        assert replayed(spool) == [(OLD, seq) for seq in range(kept)] + [(NEW, 0)], at
        assert spool.counters["torn"] == 1


def test_garbage_files_are_passed_over_and_names_of_others_are_left_alone():
    folder = new_folder()
    booted(folder).write(items(OLD, 0, 2))
    for name, content in (("00000000", b"\xff" * 5000), ("00000003", b""), ("00000004", b"\x00" * 30), ("notes.txt", b"x")):
        with open(folder + "/spool/" + name, "wb") as file:
            file.write(content)
    spool = booted(folder)
    spool.write(items(NEW, 0, 0))
    assert replayed(spool) == [(OLD, 0), (OLD, 1), (OLD, 2), (NEW, 0)]
    assert files(folder) == ["notes.txt"]


def test_segments_are_bounded_and_the_oldest_goes_whole_when_the_budget_is_reached():
    folder = new_folder()
    spool = booted(folder, 6 * BLOCK_BYTES)
    seq = 0
    while not spool.is_full_for(4096):
        spool.write(items(OLD, seq, seq + 9, size=300))
        seq += 10
    assert spool.bytes <= 6 * BLOCK_BYTES
    sizes = [os.stat(folder + "/spool/" + name)[6] for name in files(folder)]
    assert sum(sizes) <= spool.bytes and max(sizes) <= SEGMENT_BYTES
    lost = [record[2] for record in spool.oldest()]
    assert lost == list(range(lost[-1] + 1))
    spool.drop_oldest()
    assert replayed(spool) == [(OLD, number) for number in range(lost[-1] + 1, seq)]


def test_many_boots_that_spooled_little_take_no_more_than_the_budget():
    folder = new_folder()
    for boot in range(40):
        spool = booted(folder, 65536)
        if spool.is_full_for(4096):
            spool.drop_oldest()
        spool.write(items(NEW, boot, boot))
    assert len(files(folder)) * BLOCK_BYTES <= 65536


def test_what_is_confirmed_of_the_oldest_file_is_not_among_what_it_loses():
    spool = booted(new_folder())
    spool.write(items(OLD, 0, 29))
    spool.next_batch(20, 2048)
    spool.confirm()
    assert [record[2] for record in spool.oldest()] == list(range(20, 30))


def test_what_was_confirmed_last_leaves_no_file_though_no_more_is_asked_for():
    folder = new_folder()
    spool = booted(folder)
    spool.write(items(OLD, 0, 4))
    spool.next_batch(20, 2048)
    spool.confirm()
    assert (len(spool), spool.bytes, files(folder)) == (0, 0, [])


class NoMemory:
    """An item for which there is no memory when it is put into a record."""

    def __len__(self) -> int:
        return 10

    def __radd__(self, other: bytes) -> bytes:
        raise MemoryError


def test_nothing_is_written_behind_a_record_whose_write_failed_half_way():
    folder = new_folder()
    spool = booted(folder)
    spool.write(items(OLD, 0, 1))
    try:
        spool.write(items(OLD, 2, 2) + [(1, OLD, 3, NoMemory())])
    except MemoryError:
        pass
    assert spool.counters["write_failed"] == 1
    with open(folder + "/spool/00000001", "ab") as file:
        file.write(b"\x00\x30\x01")  # what the flash took of the record
    spool.write(items(OLD, 2, 4))
    assert files(folder) == ["00000001", "00000002"]
    assert sorted(set(replayed(spool))) == [(OLD, seq) for seq in range(5)]


def test_a_write_that_fails_is_counted_raised_and_ends_the_file():
    folder = new_folder()
    spool = booted(folder)
    spool.write(items(OLD, 0, 0))
    spool = booted(folder)
    os.mkdir(folder + "/spool/00000002")  # where the next file should be, so that it cannot be opened
    try:
        spool.write(items(OLD, 1, 1))
    except OSError:
        pass
    assert (spool.counters["write_failed"], spool.counters["spooled"], len(spool)) == (1, 0, 1)
    spool.write(items(OLD, 1, 1))
    assert spool.counters["spooled"] == 1
    assert replayed(spool) == [(OLD, 0), (OLD, 1)]
