"""Both ends of the serial link against each other, on one shared line that spoils what two say at once and loses what it is told to."""

from contract.errors import FrameError
from contract.serial_link import Primary, Secondary

BYTE_MS = 1


class Dice:
    """Numbers that are the same on both runtimes (Numerical Recipes' linear congruential generator)."""

    def __init__(self, seed: int) -> None:
        self._state = seed * 7919 + 1

    def below(self, limit: int) -> int:
        self._state = (self._state * 1664525 + 1013904223) % (1 << 32)
        return (self._state >> 8) % limit


class SharedLine:
    """What every station hears of a frame: all of it, damaged, or nothing. Two speakers in one slot are a collision."""

    def __init__(self, seed: int, loss_percent: int) -> None:
        self.dice = Dice(seed)
        self.loss_percent = loss_percent
        self.collisions = 0

    def carry(self, frames: list[bytes]) -> bytes:
        if not frames:
            return b""
        if len(frames) > 1:
            self.collisions += 1
            longest = bytearray(max(len(frame) for frame in frames))
            for frame in frames:
                for at, byte in enumerate(frame):
                    longest[at] |= byte
            return bytes(longest)
        damaged = bytearray(frames[0])
        if self.dice.below(100) < self.loss_percent:
            fault = self.dice.below(3)
            if fault == 0:
                return b""
            if fault == 1:
                return bytes(damaged[: self.dice.below(len(damaged))])
            damaged[self.dice.below(len(damaged))] ^= 1 << self.dice.below(8)
        return bytes(damaged)


class Bus:
    def __init__(self, addresses: list[int], present: list[int], seed: int = 1, loss_percent: int = 0) -> None:
        self.line = SharedLine(seed, loss_percent)
        self.primary = Primary(addresses, answer_ms=250, gap_ms=20, most_ms=9000)
        self.nodes = {address: Secondary(address, {}) for address in present}
        self.up: dict[int, list[bytes]] = {address: [] for address in addresses}
        self.came_up: list[tuple[int, bytes]] = []
        self.came_down: list[tuple[int, bytes]] = []
        self.now = 0

    def turn(self) -> None:
        poll = self.primary.next_action(self.now)
        if poll is None:
            due = self.primary.next_due()
            assert due is not None
            self.now = due
            return
        self.now += len(poll) * BYTE_MS
        self.primary.sent(self.now)
        heard = self.line.carry([poll])
        answers = []
        for address, node in self.nodes.items():
            if heard:
                node.feed(heard, self.now)
            if node.next_poll():
                answers.append(node.answer(self.up[address].pop(0) if node.is_free and self.up[address] else None))
            while (message := node.next_message()) is not None:
                self.came_down.append((address, message))
        answer = self.line.carry(answers)
        self.now += len(answer) * BYTE_MS
        for address, node in self.nodes.items():
            if answer:
                node.feed(answer, self.now)
            assert not node.next_poll(), f"{address} took another's answer for a poll"
        self.primary.feed(answer, self.now)
        while (got := self.primary.next_message()) is not None:
            self.came_up.append(got)


def test_three_nodes_on_one_line_never_speak_at_once() -> None:
    bus = Bus([1, 2, 3], [1, 2, 3])
    for number in range(100):
        for address in (1, 2, 3):
            bus.up[address].append(b"%d of %d" % (number, address))
    for _ in range(320):
        bus.turn()
    assert bus.line.collisions == 0
    for address in (1, 2, 3):
        assert [message for who, message in bus.came_up if who == address] == [b"%d of %d" % (n, address) for n in range(100)]


def test_lossy_line_delivers_each_message_once_and_in_order() -> None:
    for seed in range(5):
        _check_lossy_line(seed)


def _check_lossy_line(seed: int) -> None:
    bus = Bus([7, 9], [7, 9], seed, 30)
    sent = [bytes([n, 0, 255]) * (n % 40 + 1) for n in range(120)]
    bus.up[7] = list(sent)
    for message in sent:
        bus.primary.send(9, message)
    for _ in range(3000):
        bus.turn()
    assert [message for who, message in bus.came_up if who == 7] == sent
    assert [message for who, message in bus.came_down if who == 9] == sent
    assert bus.line.collisions == 0
    assert bus.primary.counters["silent"] > 0


def test_two_nodes_with_one_address_spoil_only_themselves() -> None:
    bus = Bus([1, 2], [1, 2])
    twin = Secondary(1, {})
    bus.nodes[3] = twin
    bus.up[3] = [b"from the twin"]
    bus.up[1], bus.up[2] = [b"from one"], [b"from two"]
    for _ in range(40):
        bus.turn()
    assert bus.line.collisions > 0
    assert (2, b"from two") in bus.came_up
    assert bus.primary.absent() == [1]


def test_absent_node_is_asked_seldom_and_found_again() -> None:
    bus = Bus([1, 2], [1])
    for _ in range(200):
        bus.turn()
    assert bus.primary.absent() == [2]
    assert bus.primary.counters["silent"] < 40
    bus.nodes[2] = Secondary(2, {})
    bus.up[2] = [b"here"]
    for _ in range(60):
        bus.turn()
    assert (2, b"here") in bus.came_up
    assert bus.primary.absent() == []


def test_restarted_node_is_heard_from_its_first_message() -> None:
    bus = Bus([1], [1])
    bus.up[1] = [b"a"]
    bus.primary.send(1, b"down")
    for _ in range(4):
        bus.turn()
    bus.nodes[1] = Secondary(1, {})
    bus.up[1] = [b"b", b"c"]
    for _ in range(8):
        bus.turn()
    assert [message for _, message in bus.came_up] == [b"a", b"b", b"c"]


def test_poll_that_is_no_longer_the_last_frame_is_not_answered() -> None:
    polls = Primary([1, 2], 250, 20, 9000)
    first = polls.next_action(0)
    polls.sent(0)
    second = polls.next_action(250)
    assert first is not None and second is not None
    node = Secondary(1, {})
    node.feed(first + second, 0)
    assert not node.next_poll()
    node.feed(first, 10)
    assert node.next_poll()


def test_poll_that_lost_its_last_byte_is_not_answered_into_the_next_frame() -> None:
    polls = Primary([1, 2], 250, 20, 9000)
    torn, other = polls.next_action(0), Secondary(2, {}).answer(b"other")
    assert torn is not None
    node = Secondary(1, {})
    node.feed(torn[:-1], 0)
    assert not node.next_poll()
    for byte in other:
        node.feed(bytes((byte,)), 260)
        assert not node.next_poll()


def test_long_answer_is_waited_for_while_its_bytes_come() -> None:
    primary, node = Primary([1], 250, 20, 9000), Secondary(1, {})
    poll = primary.next_action(0)
    assert poll is not None
    primary.sent(0)
    node.feed(poll, 0)
    assert node.next_poll()
    answer, now = node.answer(b"x" * 4096), 40
    for at in range(0, len(answer), 10):
        assert primary.next_action(now) is None
        primary.feed(answer[at : at + 10], now)
        now += 10
    assert primary.next_message() == (1, b"x" * 4096)


def test_babbling_line_does_not_hold_the_primary_for_ever() -> None:
    primary = Primary([1], 250, 20, 1000)
    assert primary.next_action(0) is not None
    primary.sent(0)
    for now in range(0, 2000, 10):
        primary.feed(b"\x55", now)
    assert primary.next_action(2000) is not None


def test_message_for_an_address_not_on_the_line_is_refused() -> None:
    try:
        Primary([1], 250, 20, 1000).send(2, b"x")
    except FrameError as error:
        assert error.reason == "address"
    else:
        raise AssertionError("taken")


def test_noise_before_between_and_after_costs_no_poll() -> None:
    primary, node = Primary([5], 250, 20, 9000), Secondary(5, {})
    poll = primary.next_action(0)
    assert poll is not None
    for byte in b"\xff\x00garbage" + poll + b"\x7f":
        node.feed(bytes((byte,)), 0)
    assert node.next_poll()
    assert node.counters == {"polls": 1, "rejected": 2}
