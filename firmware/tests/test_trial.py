from node.trial import (
    ACKNOWLEDGED,
    COUNTED,
    ENDED,
    EXPIRED,
    IDLE,
    KEPT,
    ON_TRIAL,
    PROVING,
    RETURNED,
    STARTED,
    TABLE,
    Trial,
)

USABLE = [[0, 2, 0, 3, 120, 100, 140]]
NO_REPLY = [[0, 2, 2, 0]]


class Sent:
    """The side of a session that a trial sees: items with numbers, of which some wait."""

    def __init__(self):
        self.waiting = []
        self.expected = None
        self.acknowledged = False
        self.events = []
        self._seq = 0

    def report(self, start: int, duration_ms: int, rows: list) -> int:
        self._seq += 1
        self.waiting.append(self._seq)
        return self._seq

    def event(self, key: str, particulars: dict, now: int) -> int:
        self.events.append((key, particulars, now))
        return 77

    def expect(self, seq: int) -> None:
        self.expected, self.acknowledged = seq, False

    def was_acknowledged(self, seq: int) -> bool:
        return self.acknowledged and seq == self.expected

    def is_waiting(self, seq: int) -> bool:
        return seq in self.waiting

    def acknowledge(self, seq: int) -> None:
        self.waiting.remove(seq)
        self.acknowledged = self.acknowledged or seq == self.expected


def on_trial(needs_usable: bool = True) -> tuple:
    sent = Sent()
    trial = Trial(sent)
    trial.start(60, needs_usable, 1000)
    return sent, trial


def test_an_acknowledged_usable_report_keeps_once():
    sent, trial = on_trial()
    trial.report(1000, 1000, USABLE)
    assert trial.next_action(2000) is None
    sent.acknowledge(1)
    assert trial.next_action(3000) == KEPT
    assert trial.next_action(1000000) is None


def test_no_acknowledgement_returns_once_and_says_why():
    _, trial = on_trial()
    trial.report(1000, 1000, USABLE)
    assert trial.next_action(60999) is None
    assert trial.next_action(61000) == RETURNED
    assert trial.why == "no report was acknowledged in 60 s"
    assert trial.next_action(1000000) is None


def test_reports_without_a_usable_value_do_not_count_when_there_were_some_before():
    sent, trial = on_trial()
    trial.report(1000, 1000, NO_REPLY)
    sent.acknowledge(1)
    assert trial.next_action(61000) == RETURNED
    assert trial.why == "no usable value was reported in 60 s"


def test_any_report_counts_when_nothing_was_usable_before():
    for rows in (NO_REPLY, []):
        sent, trial = on_trial(needs_usable=False)
        trial.report(1000, 1000, rows)
        sent.acknowledge(1)
        assert trial.next_action(2000) == KEPT


def test_no_report_at_all_returns():
    _, trial = on_trial(needs_usable=False)
    assert (trial.next_action(61000), trial.why) == (RETURNED, "no report was made in 60 s")


def test_the_oldest_waiting_report_is_the_one_that_is_waited_for():
    sent, trial = on_trial()
    for start in (1000, 2000, 3000):
        trial.report(start, 1000, USABLE)
    sent.acknowledge(1)
    assert trial.next_action(4000) == KEPT


def test_an_acknowledgement_that_came_before_the_next_report_counts():
    sent, trial = on_trial()
    trial.report(1000, 1000, USABLE)
    sent.acknowledge(1)
    trial.report(2000, 1000, USABLE)
    assert trial.next_action(2000) == KEPT


def test_a_report_that_was_dropped_is_not_acknowledged_and_the_next_one_counts():
    sent, trial = on_trial()
    trial.report(1000, 1000, USABLE)
    sent.waiting.remove(1)
    assert trial.next_action(2000) is None
    trial.report(2000, 1000, USABLE)
    assert trial.next_action(3000) is None
    sent.acknowledge(2)
    assert trial.next_action(3000) == KEPT


def test_a_report_of_the_settings_before_does_not_count():
    sent = Sent()
    trial = Trial(sent)
    trial.report(0, 1000, USABLE)
    trial.start(60, True, 1000)
    sent.acknowledge(1)
    assert trial.next_action(2000) is None
    assert trial.next_action(61000) == RETURNED


def test_other_settings_end_a_trial():
    _, trial = on_trial()
    trial.end()
    assert trial.next_action(1000000) is None


def test_whether_there_was_a_usable_value_is_remembered():
    trial = Trial(Sent())
    trial.report(0, 1000, NO_REPLY)
    assert not trial.was_usable()
    trial.report(1000, 1000, USABLE)
    trial.report(2000, 1000, NO_REPLY)
    assert trial.was_usable()


def test_events_of_the_reporting_pass_through():
    sent, trial = on_trial()
    assert trial.event("faster", {"k": 1}, 5) == 77
    assert sent.events == [("faster", {"k": 1}, 5)]


def test_every_pair_of_state_and_event_is_a_transition_or_cannot_come():
    states, events = (IDLE, ON_TRIAL, PROVING), (STARTED, ENDED, COUNTED, ACKNOWLEDGED, EXPIRED)
    missing = {(state, event) for state in states for event in events if (state, event) not in TABLE}
    # Nothing is on trial, or nothing that counts was reported yet.
    assert missing == {(IDLE, COUNTED), (IDLE, ACKNOWLEDGED), (IDLE, EXPIRED), (ON_TRIAL, ACKNOWLEDGED)}


def test_a_trial_that_is_over_is_idle_and_only_then_has_an_outcome():
    outcomes = {pair: outcome for pair, (_, outcome) in TABLE.items() if outcome is not None}
    assert outcomes == {(ON_TRIAL, EXPIRED): RETURNED, (PROVING, EXPIRED): RETURNED, (PROVING, ACKNOWLEDGED): KEPT}
    assert all(TABLE[pair][0] == IDLE for pair in outcomes)


def test_newer_settings_on_trial_are_not_kept_by_a_report_of_those_before():
    sent, trial = on_trial()
    trial.report(1000, 1000, USABLE)
    trial.start(60, True, 1500)
    sent.acknowledge(1)
    assert trial.next_action(2000) is None
    assert trial.next_action(61500) == RETURNED
    assert trial.why == "no usable value was reported in 60 s"
