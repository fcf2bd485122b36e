# What a session knows of settings on trial: the version that returned, and the report whose acknowledgement decides.

from firmware.tests.far_end import acknowledgement, sealed
from firmware.tests.test_session import BOOT, ROWS, SETTINGS, drain, started


def test_a_version_that_returned_is_refused_once_for_each_answer_that_arrives_and_a_greater_one_is_taken():
    session = started()
    session.configure(3, {"resend_ms": 5000, "time_sync_ms": 600000}, 5)
    for version in (4, 5, 5):
        assert session.handle("config", sealed("config", {"v": version, "set": SETTINGS}), 100) is None
    assert session.counters["replayed"] == 3
    [[kind, body]] = drain(session, 100)
    [answer] = body["i"]
    assert (kind, answer["c"], answer["ok"], answer["f"]) == ("applied", 5, False, ["returned: it was on trial before"])
    assert session.handle("config", sealed("config", {"v": 6, "set": SETTINGS}), 100) == ("config", 6, SETTINGS)


def test_the_acknowledgement_of_an_expected_report_is_noted_and_no_other():
    session = started()
    first, second = session.report(0, 1000, ROWS), session.report(1000, 1000, ROWS)
    session.expect(second)
    session.handle("ack", acknowledgement(BOOT, [first, first]), 2000)
    assert not session.was_acknowledged(second) and not session.was_acknowledged(first)
    session.handle("ack", acknowledgement(BOOT, [second, second]), 2000)
    assert session.was_acknowledged(second) and not session.was_acknowledged(first)
    session.expect(second + 1)
    assert not session.was_acknowledged(second + 1)
