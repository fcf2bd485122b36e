"""Settings go out until the node shows them or refuses them, and not once more."""

from gateway.intake.node_settings import MOVED, NOTHING, REFUSED, NodeSettings, Offer
from gateway.items import SettingsShown

_B1, _B2 = "0000000100000000", "0000000200000000"


def _desired(version: int = 3) -> NodeSettings:
    settings = NodeSettings()
    settings.desire({"n-1": (version, {"period_ms": 2000})}, 0)
    return settings


def _shows(settings: NodeSettings, version: int, seq: int = 0, boot: str = _B1, ok: bool | None = None, now_s: float = 0) -> str:
    return settings.shows("n-1", SettingsShown(boot, seq, version, ok, ["too short"] if ok is False else []), now_s)


def _offers(settings: NodeSettings, until_s: float) -> list[float]:
    """Moments at which an offer goes out."""
    moments = []
    while (due_s := settings.next_due()) is not None and due_s <= until_s:
        assert settings.next_action(due_s) == Offer("n-1", 3, {"period_ms": 2000})
        assert settings.next_action(due_s) is None
        moments.append(due_s)
    return moments


def test_nothing_is_sent_before_the_node_has_shown_what_it_has() -> None:
    settings = _desired()
    assert settings.next_due() is None
    assert settings.next_action(100) is None


def test_it_is_sent_at_once_and_then_with_doubling_pauses() -> None:
    settings = _desired()
    assert _shows(settings, 0) == MOVED
    assert _offers(settings, 200) == [0, 2, 6, 14, 30, 62, 122, 182]


def test_applied_ends_it() -> None:
    settings = _desired()
    _shows(settings, 0)
    settings.next_action(0)
    assert _shows(settings, 3, seq=1, ok=True) == MOVED
    assert settings.next_due() is None
    assert settings.states()["n-1"]["state"] == "confirmed"


def test_a_refusal_ends_it_is_told_once_and_keeps_the_faults() -> None:
    settings = _desired()
    _shows(settings, 0)
    assert _shows(settings, 3, seq=1, ok=False) == REFUSED
    assert _shows(settings, 3, seq=2, ok=False) == NOTHING
    assert settings.next_due() is None
    assert settings.states()["n-1"] == {"desired": 3, "shown": 0, "state": "refused", "faults": ["too short"]}


def test_a_newer_version_is_sent_after_a_refusal() -> None:
    settings = _desired()
    _shows(settings, 0)
    _shows(settings, 3, seq=1, ok=False)
    settings.desire({"n-1": (4, {})}, 50)
    assert settings.next_action(50) == Offer("n-1", 4, {})


def test_an_old_report_that_comes_late_does_not_turn_the_clock_back() -> None:
    settings = _desired()
    _shows(settings, 3, seq=5, ok=True)
    assert _shows(settings, 0, seq=4) == NOTHING
    assert settings.next_due() is None


def test_a_boot_that_comes_back_with_old_settings_is_asked_at_once() -> None:
    settings = _desired()
    _shows(settings, 0)
    _offers(settings, 100)
    assert _shows(settings, 0, boot=_B2, now_s=101) == MOVED
    assert settings.next_due() == 101


def test_a_node_that_is_ahead_is_left_alone() -> None:
    settings = _desired()
    _shows(settings, 9)
    assert settings.next_due() is None
    assert settings.states()["n-1"]["state"] == "ahead"


def test_a_new_board_under_the_same_name_is_offered_its_settings_whatever_its_boots_are_called() -> None:
    settings = NodeSettings()
    settings.desire({"n-1": (3, {})}, 0, {"n-1": b"old key"})
    _shows(settings, 3, boot="00000009aaaaaaaa", ok=True)
    settings.desire({"n-1": (3, {})}, 0, {"n-1": b"old key"})
    assert _shows(settings, 0, boot="00000001bbbbbbbb") == NOTHING
    settings.desire({"n-1": (3, {})}, 0, {"n-1": b"new key"})
    assert settings.states()["n-1"]["state"] == "unheard"
    assert _shows(settings, 0, boot="00000001bbbbbbbb") == MOVED
    assert settings.next_action(0) == Offer("n-1", 3, {})


def test_a_node_that_is_not_ours_is_ignored() -> None:
    settings = _desired()
    settings.desire({}, 1)
    assert _shows(settings, 0) == NOTHING
    assert settings.states() == {}
