# A session with its spool, and a simple receiver that may be away. Time is made by the test.

from firmware.tests.far_end import KEY, NODE, acknowledgement, opened, time_answer
from firmware.tests.scratch import new_folder
from node.clock import Clock
from node.history import History
from node.outbox import Outbox
from node.session import Session
from node.spool import Spool

FIRST, SECOND = "00000001aabbccdd", "00000002aabbccdd"
ROWS = [[0, quantity, 0, 3, 120, 100, 140] for quantity in range(20, 27)]
SETTINGS = {"resend_ms": 5000, "time_sync_ms": 600000, "spool_after_s": 60, "history_per_s": 10}


class Node:
    """One boot of a node with this folder as its flash."""

    def __init__(self, folder: str, boot: str, budget: int = 262144, max_items: int = 128):
        self.spool = Spool(folder + "/spool", budget)
        self.spool.load()
        outbox = Outbox(max_items, 32768, lambda limit: 0)
        self.history = History(self.spool, outbox, boot)
        self.session = Session(NODE, KEY, boot, Clock(), outbox, self.history)
        self.session.configure(0, SETTINGS)
        self.now = 0

    def live(self, periods: int, period_ms: int = 10000, receiver=None) -> None:
        for _ in range(periods):
            start = self.now
            self.now += period_ms
            self.session.report(start, period_ms, ROWS)
            self.tick(receiver)

    def tick(self, receiver=None) -> None:
        for _ in range(40):  # the work task looks four times a second
            self.session.keep(self.now)
        if receiver is not None:
            receiver.take_all(self)


class Receiver:
    """Takes what comes and acknowledges it; `came` are the keys in the order of their coming, repeats too."""

    def __init__(self):
        self.came = []
        self.dropped = []
        self.deaf = False  # hears, and is not heard

    def take_all(self, node: Node) -> None:
        message = node.session.next_message(node.now)
        while message is not None:
            self._take(node, message)
            message = node.session.next_message(node.now)

    def _take(self, node: Node, message: tuple) -> None:
        kind, body = opened(message)
        if kind == "get":
            node.session.handle("time", time_answer(body, 1800000000000 + node.now), node.now)
            return
        for item in body["i"]:
            self.came.append((body["b"], item["q"]))
            if item.get("k") == "dropped":
                self.dropped.append(item["a"])
            if not self.deaf:
                node.session.handle("ack", acknowledgement(body["b"], [item["q"], item["q"]]), node.now)


def caught_up(node: Node, receiver: Receiver) -> None:
    for _ in range(200000):
        if not len(node.spool) and node.session.next_due(node.now) > node.now + 10000:
            return
        node.now += 250
        node.tick(receiver)
    raise AssertionError("the spool is never empty")


def of_boot(receiver: Receiver, boot: str) -> list:
    return [seq for name, seq in receiver.came if name == boot]


def told(receiver: Receiver, boot: str) -> set:
    found = set()
    for loss in receiver.dropped:
        if loss.get("b", boot) == boot:
            found.update(range(loss["from"], loss["to"] + 1))
    return found


def test_with_the_link_up_nothing_is_written():
    node, receiver = Node(new_folder(), FIRST), Receiver()
    node.session.connected(0)
    node.live(500, receiver=receiver)
    assert node.spool.counters["spooled"] == 0
    assert of_boot(receiver, FIRST) == list(range(500))


def test_three_days_without_a_broker_come_in_order_and_once():
    folder = new_folder()
    node, receiver = Node(folder, FIRST), Receiver()
    node.live(288, 900000)  # three days
    node.session.connected(node.now)
    node.live(1, receiver=receiver)
    assert receiver.came[-1][1] <= 20 + 288 and receiver.came[0] == (FIRST, 288)  # what is new goes first
    caught_up(node, receiver)
    assert sorted(of_boot(receiver, FIRST)) == list(range(289))
    assert of_boot(receiver, FIRST)[1:] == list(range(288))
    assert receiver.dropped == []


def test_three_days_that_are_more_than_flash_holds_leave_the_newest_and_a_reason_for_the_rest():
    node, receiver = Node(new_folder(), FIRST, budget=65536), Receiver()
    node.live(3 * 288, 300000)
    node.session.connected(node.now)
    caught_up(node, receiver)
    came, lost = of_boot(receiver, FIRST), told(receiver, FIRST)
    assert len(came) == len(set(came))
    assert set(came) | lost >= set(range(3 * 288)), "neither here nor told as dropped"
    assert len(came) > 150 and {loss["why"] for loss in receiver.dropped} == {"spool_full"}
    kept = [seq for seq in came if seq not in lost]
    turn = kept.index(min(kept))
    assert kept[turn:] + kept[:turn] == sorted(kept)  # what is new, then the history in order


def test_a_power_cut_keeps_the_boot_and_the_number_of_what_was_spooled():
    folder = new_folder()
    node = Node(folder, FIRST)
    node.live(20)
    spooled = node.spool.counters["spooled"]
    assert spooled >= 14
    node, receiver = Node(folder, SECOND), Receiver()
    node.session.connected(0)
    node.live(3, receiver=receiver)
    caught_up(node, receiver)
    assert of_boot(receiver, FIRST) == list(range(spooled))
    assert sorted(of_boot(receiver, SECOND)) == [0, 1, 2]


def test_what_waits_in_flash_only_is_unacknowledged_too():
    folder = new_folder()
    Node(folder, FIRST).live(20)
    node, receiver = Node(folder, SECOND), Receiver()
    assert node.history.has_unacknowledged()
    node.session.connected(0)
    caught_up(node, receiver)
    assert not node.history.has_unacknowledged()


def test_history_keeps_to_its_rate_and_waits_for_each_acknowledgement():
    folder = new_folder()
    Node(folder, FIRST).live(100)
    node, receiver = Node(folder, SECOND), Receiver()
    node.session.connected(0)
    receiver.deaf = True
    node.tick(receiver)
    first = of_boot(receiver, FIRST)
    assert first and len(first) <= 20
    node.now = 4999
    node.tick(receiver)
    assert of_boot(receiver, FIRST) == first
    node.now = 5000
    node.tick(receiver)
    assert of_boot(receiver, FIRST) == first + first
    receiver.deaf = False
    node.now = 20000
    node.tick(receiver)
    start, before = node.now, len(receiver.came)
    while node.now < start + 5000:
        node.now += 50
        node.tick(receiver)
    assert len(receiver.came) - before <= 5 * 10 + 20


def test_an_acknowledgement_of_a_boot_that_is_not_under_way_does_nothing():
    folder = new_folder()
    Node(folder, FIRST).live(20)
    node = Node(folder, SECOND)
    node.session.connected(0)
    node.session.next_message(0)
    node.session.handle("ack", acknowledgement("00000009aabbccdd", [0, 99]), 0)
    assert node.session.counters["replayed"] == 1
    assert opened(node.session.next_message(0))[1]["b"] == FIRST


def test_before_a_restart_everything_goes_to_flash():
    folder = new_folder()
    node = Node(folder, FIRST)
    node.live(3)
    node.session.keep_all(node.now)
    assert node.spool.counters["spooled"] == 3
    node, receiver = Node(folder, SECOND), Receiver()
    node.session.connected(0)
    caught_up(node, receiver)
    assert of_boot(receiver, FIRST) == [0, 1, 2]


class ShortOfMemory(Spool):
    """Has no memory for its first writes."""

    refusals = 2

    def write(self, items: list) -> None:
        if self.refusals:
            self.refusals -= 1
            raise MemoryError
        super().write(items)


def test_items_wait_in_ram_while_there_is_no_memory_for_the_way_to_flash():
    node = Node(new_folder(), FIRST)
    spool = ShortOfMemory(new_folder() + "/spool", 262144)
    node.session._history._spool = spool
    node.live(9)
    assert spool.refusals == 0 and len(spool) > 0
    receiver = Receiver()
    for _ in range(60):
        node.now += 1000
        node.tick(receiver)
    assert {seq for _, seq in receiver.came} == set(range(9))


def test_a_flash_that_refuses_keeps_items_in_ram_and_is_counted():
    folder = new_folder()
    node = Node(folder, FIRST)
    with open(folder + "/spool", "wb") as file:  # in the way of the folder
        file.write(b"x")
    node.live(30)
    assert 1 <= node.spool.counters["write_failed"] <= 6
    receiver = Receiver()
    node.session.connected(node.now)
    caught_up(node, receiver)
    assert of_boot(receiver, FIRST) == list(range(30))


def test_what_told_of_a_loss_and_is_lost_itself_is_told_again():
    folder = new_folder()
    for boot in ("0000000%daabbccdd" % number for number in range(1, 6)):
        Node(folder, boot, budget=32768).live(200)
    node, receiver = Node(folder, "00000006aabbccdd", budget=32768), Receiver()
    node.session.connected(0)
    caught_up(node, receiver)
    for number in range(1, 6):
        boot = "0000000%daabbccdd" % number
        known = set(of_boot(receiver, boot)) | {
            seq for loss in receiver.dropped if loss["b"] == boot for seq in range(loss["from"], loss["to"] + 1)
        }
        assert known >= set(range(190)), boot  # the last minute of each was in RAM only
