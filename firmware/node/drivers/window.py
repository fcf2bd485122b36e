# The last bytes of a line, in a buffer made once: fed at the end, skipped from the start. It knows no protocol. Pure.

CAPACITY = 320  # the longest Modbus reply (255) and some noise; ten Plantower frames


class ByteWindow:
    """Bytes buffer[start:end] are waiting. When it is full, the oldest bytes are lost and counted."""

    def __init__(self):
        self.buffer = bytearray(CAPACITY)
        self.start = 0
        self.end = 0
        self.lost = 0

    def feed(self, view: memoryview, n: int) -> None:
        # Of every byte of a part: names of the function are found at once, those of the object are looked up.
        buffer, end = self.buffer, self.end
        for i in range(n):
            if end == CAPACITY:
                self.end = end
                self._make_room()
                end = self.end
            buffer[end] = view[i]
            end += 1
        self.end = end

    def clear(self) -> None:
        self.start = 0
        self.end = 0

    def _make_room(self) -> None:
        if self.start == 0:
            self.start = CAPACITY // 2
            self.lost += CAPACITY // 2
        kept = self.end - self.start
        for i in range(kept):  # a slice would be an allocation
            self.buffer[i] = self.buffer[self.start + i]
        self.start = 0
        self.end = kept
