from node.supervisor import Supervisor


class Moment:
    def __init__(self):
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_one_silent_task_is_named_while_the_others_beat():
    moment = Moment()
    supervisor = Supervisor(moment)
    quick, slow = supervisor.register("quick", 1000), supervisor.register("slow", 5000)
    moment.now = 1001
    assert supervisor.overdue() == [("quick", 1001)]
    quick()
    assert supervisor.overdue() == []
    moment.now = 5001
    quick()
    assert supervisor.overdue() == [("slow", 5001)]
    slow()
    assert supervisor.overdue() == []


def test_registering_counts_as_a_beat():
    moment = Moment()
    moment.now = 100000
    supervisor = Supervisor(moment)
    supervisor.register("late", 1000)
    assert supervisor.overdue() == []


def test_a_task_that_ended_is_not_waited_for_even_if_its_beat_was_kept():
    moment = Moment()
    supervisor = Supervisor(moment)
    beat = supervisor.register("short", 1000)
    supervisor.unregister("short")
    beat()
    moment.now = 60000
    assert supervisor.overdue() == []
