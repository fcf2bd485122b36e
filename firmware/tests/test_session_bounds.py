# How far one message may move a node: numbers of requests and the time (of settings: settings_store.py).

from contract.values import MAX_SEQ, MAX_UTC_ERROR_MS, MAX_UTC_MS, MAX_VERSIONS_AHEAD
from firmware.tests.far_end import opened, sealed, time_answer
from firmware.tests.test_session import BOOT, started


def test_a_request_that_is_numbered_far_beyond_the_time_does_not_shut_out_those_that_follow():
    session = started()  # the time is known: 1000 s
    wanted = {"b": BOOT, "k": MAX_SEQ, "w": "faster", "p": 1000, "d": 60000}
    assert session.handle("do", sealed("do", wanted), 100) is None
    assert session.handle("do", sealed("do", dict(wanted, k=1000)), 100)[1]["k"] == 1000
    assert session.handle("do", sealed("do", dict(wanted, k=1001 + MAX_VERSIONS_AHEAD)), 100) is None


def test_a_time_that_no_clock_can_have_is_not_believed():
    session = started()
    before = session._clock.utc(700000)
    for utc_ms, error_ms in ((MAX_UTC_MS + 1, 5), ((1 << 53) - 1, 5), (1800000000000, MAX_UTC_ERROR_MS + 1)):
        question = opened(session.next_message(700000))[1]
        session.handle("time", time_answer(question, utc_ms, error_ms), 700010)
        assert session._clock.utc(700000) == before, (utc_ms, error_ms)
        session.connected(700000)
    assert session.counters["bad_body"] == 3
    assert not session.handle("time", time_answer(opened(session.next_message(700000))[1], MAX_UTC_MS), 700010)
    assert session._clock.utc(700010) is not None
