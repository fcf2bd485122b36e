from node.rtc import RtcClock, fields, keep, restored, utc_of

# 2026-11-24T06:50:00.250Z
NOW = 1795503000250


class Chip:
    """The RTC of a chip: it runs when the test says so, and loses all with its power."""

    def __init__(self):
        self.power_cut()

    def power_cut(self):
        self._ms = 946684800000
        self._memory = b""

    def run(self, ms: int) -> None:
        self._ms += ms

    def datetime(self, shown=None):
        if shown is None:
            return fields(self._ms)
        self._ms = utc_of(shown)

    def memory(self, data=None):
        if data is None:
            return self._memory
        self._memory = bytes(data)


def test_calendar_against_known_days():
    for text, days in (((1970, 1, 1, 3), 0), ((2000, 2, 29, 1), 11016), ((2024, 12, 31, 1), 20088), ((2099, 12, 31, 3), 47481)):
        assert fields(days * 86400000 + 1)[:4] == text
        assert utc_of(text + (0, 0, 0, 1000)) == days * 86400000 + 1
    assert fields(NOW) == (2026, 11, 24, 1, 6, 50, 0, 250000)


def test_every_day_there_and_back():
    for days in range(0, 47482, 7):
        assert utc_of(fields(days * 86400000 + 43200500)) == days * 86400000 + 43200500


def test_after_a_reset_utc_is_known_within_a_bound_that_grows():
    chip = Chip()
    RtcClock(chip, 0).synchronise(1000, 1100, NOW, 20)
    chip.run(60000)
    known = RtcClock(chip, 300).utc(300)
    assert known is not None
    true = NOW + 50 + 60000
    assert abs(known[0] - true) <= known[1] <= 20 + 50 + 1 + 3000 + 1000


def test_a_slow_or_fast_oscillator_stays_within_the_bound():
    for per_mille in (960, 1000, 1040):
        chip = Chip()
        keep(chip, NOW, 100)
        chip.run(3600000 * per_mille // 1000)
        known = restored(chip)
        assert known is not None
        assert abs(known[0] - (NOW + 3600000)) <= known[1]


def test_after_a_power_cut_nothing_is_known():
    chip = Chip()
    keep(chip, NOW, 100)
    chip.power_cut()
    assert restored(chip) is None
    assert RtcClock(chip, 0).utc(0) is None


def test_defect_11_an_rtc_that_jumps_backwards_is_never_trusted():
    chip = Chip()
    keep(chip, NOW, 100)
    for back in (1000, 3600000, 86400000 * 365):
        chip.datetime(fields(NOW - back))
        assert restored(chip) is None


def test_defect_11_nor_one_that_jumps_far_ahead():
    chip = Chip()
    keep(chip, NOW, 100)
    chip.run(86400001)
    assert restored(chip) is None


def test_a_damaged_note_is_none():
    chip = Chip()
    keep(chip, NOW, 100)
    good = chip.memory()
    for at in range(16):
        chip.memory(good[:at] + bytes((good[at] ^ 4,)) + good[at + 1 :])
        assert restored(chip) is None
    for length in range(16):
        chip.memory(good[:length])
        assert restored(chip) is None


def test_a_chip_without_such_memory_is_left_alone():
    clock = RtcClock(object(), 0)
    clock.synchronise(0, 10, NOW, 20)
    known = clock.utc(10)
    assert known is not None and abs(known[0] - NOW) <= 10


def test_the_gateway_counts_where_the_rtc_contradicts_it():
    chip = Chip()
    keep(chip, NOW, 10)
    clock = RtcClock(chip, 0)
    clock.synchronise(0, 10, NOW + 86400000, 5000)
    known = clock.utc(10)
    assert known is not None and abs(known[0] - NOW - 86400000) <= 10
