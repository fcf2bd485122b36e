# Names of messages and of nodes.

from contract import topics


def test_a_topic_is_read_back_as_it_was_made() -> None:
    for direction in (topics.UP, topics.DOWN):
        made = topics.topic(direction, "n-0001", "report")
        assert made == "airgrid/1/" + direction + "/n-0001/report"
        assert topics.parse_topic(made) == (direction, "n-0001", "report")


def test_the_subscriptions_cover_the_topics() -> None:
    assert topics.EVERY_UP == "airgrid/1/up/+/+"
    assert topics.every_down("n-0001") == "airgrid/1/down/n-0001/+"


def test_node_ids() -> None:
    for good in ("a", "0", "n-0001", "-", "z" * 32):
        assert topics.is_node_id(good), good
    for bad in ("", "N-1", "n_1", "n/1", "n 1", "n+", "#", "\u00e9", "n\n", "z" * 33):
        assert not topics.is_node_id(bad), bad


def test_what_is_not_ours_is_none() -> None:
    for text in (
        "",
        "airgrid/1/",
        "airgrid/1/up/n-1",
        "airgrid/1/up/n-1/",
        "airgrid/1/up/n-1/report/more",
        "airgrid/1/sideways/n-1/report",
        "airgrid/1/up/N-1/report",
        "airgrid/1/up//report",
        "airgrid/2/up/n-1/report",
        "/airgrid/1/up/n-1/report",
        "up/n-1/report",
    ):
        assert topics.parse_topic(text) is None, text
