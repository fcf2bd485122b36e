import os

from firmware.tests.scratch import new_folder
from node.boot_counter import next_boot_id
from node.stored_pair import MAX_BYTES, StoredPair, parse


def contents(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def damage(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def test_the_newest_is_read():
    path = new_folder() + "/pair"
    assert StoredPair(path).read() is None
    for number in (1, 2, 3, 7):
        _read_and_write(path, number)
        assert StoredPair(path).read() == (number, b"content %d" % number)


def _read_and_write(path: str, number: int) -> None:
    pair = StoredPair(path)
    pair.read()
    pair.write(number, b"content %d" % number)


def test_every_damage_of_the_newest_leaves_the_one_before():
    path = new_folder() + "/pair"
    for number in (1, 2):
        _read_and_write(path, number)
    good = contents(path + "-b")
    assert parse(good) == (2, b"content 2")
    torn = [good[:length] for length in range(len(good))]
    flipped = [good[:at] + bytes((good[at] ^ 0x10,)) + good[at + 1 :] for at in range(len(good))]
    grown = [good + b"x", good + good, b"\xff" * 4096, b"\x00" * 16]
    for content in torn + flipped + grown:
        damage(path + "-b", content)
        pair = StoredPair(path)
        assert pair.read() == (1, b"content 1"), content
        assert pair.damaged == bool(content)


def test_the_good_one_is_never_written_over():
    path = new_folder() + "/pair"
    for number in (1, 2):
        _read_and_write(path, number)
    damage(path + "-a", b"rotten")
    _read_and_write(path, 3)
    assert parse(contents(path + "-a")) == (3, b"content 3")
    assert parse(contents(path + "-b")) == (2, b"content 2")


def test_both_damaged_is_nothing_and_says_so():
    path = new_folder() + "/pair"
    damage(path + "-a", b"x")
    damage(path + "-b", b"x" * (MAX_BYTES + 100))
    pair = StoredPair(path)
    assert pair.read() is None
    assert pair.damaged == 2


def test_boot_ids_count_up_over_a_damaged_file_and_differ_after_a_wiped_flash():
    path = new_folder() + "/boot"
    randoms = [b"\x01\x02\x03\x04", b"\xaa\xbb\xcc\xdd", b"\x00\x00\x00\x00", b"\x09\x09\x09\x09"]
    draw = list(randoms)

    def urandom(count: int) -> bytes:
        assert count == 4
        return draw.pop(0)

    assert next_boot_id(StoredPair(path), urandom) == ("0000000101020304", True)
    assert next_boot_id(StoredPair(path), urandom) == ("00000002aabbccdd", True)
    damage(path + "-b", b"torn")
    assert next_boot_id(StoredPair(path), urandom) == ("0000000200000000", True)
    for name in ("-a", "-b"):
        os.remove(path + name)
    assert next_boot_id(StoredPair(path), urandom) == ("0000000109090909", True)


def test_a_flash_that_refuses_the_write_still_gives_a_boot_id():
    class Refusing:
        def read(self):
            return 41, b""

        def write(self, number, content):
            raise OSError(28)

    assert next_boot_id(Refusing(), lambda count: b"\x01\x02\x03\x04") == ("0000002a01020304", False)
