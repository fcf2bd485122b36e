from firmware.tests.test_session import ROWS, drain, numbers, started
from node.shortage import STARVED_MS


def test_what_found_no_memory_is_due_at_once_and_when_that_lasts_the_node_ends():
    session = started()
    session.report(0, 1000, ROWS)
    assert numbers(drain(session, 1000)) == [1]
    assert drain(session, 1001) == []
    session.no_memory(1001)
    assert numbers(drain(session, 1001)) == [1]
    for now in (200000, 200000 + STARVED_MS - 1):
        session.no_memory(now)
    try:
        session.no_memory(200000 + STARVED_MS)
    except MemoryError as error:
        assert "120 s" in str(error)
    else:
        raise AssertionError("it would starve without a word")
