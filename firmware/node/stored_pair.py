# A small value in flash that survives a power cut at any write: two files, written in turn, the newest good one wins.
#
#   crc32 of the rest, 8 hex digits | space | number, decimal | newline | content
#   5f1d0c3e 12\n{"period_ms":10000,...}
#
# Survives: a torn, missing or rotten file (the other one counts), and both (nothing is found, and it says whether there was
# something to find). It does not know what the content means; the number only has to grow.

import binascii

MAX_BYTES = 8192


class StoredPair:
    def __init__(self, path: str):
        self._paths = (path + "-a", path + "-b")
        self._newest = 1
        self.damaged = 0

    def read(self, counts=None) -> "tuple | None":
        """(number, content) of the newest good file, or None; that file is spared by the next write. `damaged`: how many files were
        there and bad. counts: of a number, whether its file is to be looked at."""
        best = None
        self.damaged = 0
        for index, path in enumerate(self._paths):
            found = self._read_file(path)
            if found is None or (counts is not None and not counts(found[0])):
                continue
            if best is None or found[0] > best[0]:
                best = found
                self._newest = index
        return best

    def write(self, number: int, content: bytes) -> None:
        """Into the file that is not the newest good one. Raises OSError (flash full or broken); the newest stays as it was."""
        rest = b"%d\n" % number + content
        other = 1 - self._newest
        with open(self._paths[other], "wb") as file:
            file.write(b"%08x " % binascii.crc32(rest) + rest)
        self._newest = other

    def _read_file(self, path: str) -> "tuple | None":
        try:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError:
            return None
        found = parse(data)
        # littlefs makes the entry of a new file before its first content: an empty file was never written.
        if found is None and data:
            self.damaged += 1
        return found


def parse(data: bytes) -> "tuple | None":
    """(number, content) of a file's bytes, or None when it is damaged."""
    newline = data.find(b"\n")
    if len(data) > MAX_BYTES or newline < 10 or data[8:9] != b" ":
        return None
    try:
        crc, number = int(data[:8], 16), int(data[9:newline])
    except ValueError:
        return None
    return (number, data[newline + 1 :]) if crc == binascii.crc32(data[9:]) else None
