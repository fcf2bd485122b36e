"""The local PIN: an address that guesses is locked out, the site is not, and no number of addresses finds it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web import pin_file
from gateway.web.pin import (
    FIRST_WAIT_S,
    FREE,
    LOCKED,
    LONGEST_WAIT_S,
    MOST_ADDRESSES,
    NO_PIN,
    RIGHT,
    SHARED_AT_ONCE,
    SHARED_EVERY_S,
    WRONG,
    PinCheck,
    PinRecord,
)

PIN = "246810"
PHONE, STRANGER = "192.0.2.1", "192.0.2.2"
YEAR_S = 365 * 86_400


def check() -> PinCheck:
    return PinCheck(PIN, PinRecord(), 0.0)


def guessed(of: PinCheck, address: str, tries: int, now_s: float = 0.0) -> list[str]:
    return [of.judge("000000", address, now_s).result for _ in range(tries)]


def test_who_guesses_wrong_waits_longer_each_time() -> None:
    site, now_s, waits = check(), 0.0, []
    for _ in range(FREE + 12):
        verdict = site.judge("000000", "127.0.0.1", now_s)
        assert verdict.result == WRONG
        waits.append(verdict.wait_s)
        if verdict.wait_s:
            assert site.judge(PIN, "127.0.0.1", now_s + verdict.wait_s - 1).result == LOCKED
        now_s += verdict.wait_s
    assert waits[: FREE + 3] == [0, 0, 30, 60, 120, 240]
    assert waits[-1] == LONGEST_WAIT_S


def test_nobody_else_waits() -> None:
    site = check()
    assert guessed(site, STRANGER, 100) == [WRONG] * FREE + [LOCKED] * (100 - FREE)
    assert site.judge(PIN, PHONE, 0.0).result == RIGHT


def test_the_right_pin_forgets_the_wrong_ones() -> None:
    site = check()
    for _ in range(5):
        assert guessed(site, PHONE, FREE - 1) == [WRONG] * (FREE - 1)
        assert site.judge(PIN, PHONE, 0.0).result == RIGHT


@pytest.mark.parametrize("addresses", [10, 1000, 65_536])
def test_no_number_of_addresses_tries_more_in_a_year_than_the_shared_budget(addresses: int) -> None:
    """Each address asks as often as it may, from ever new ones: the wrong ones judged are the budget."""
    site, tried = check(), 0
    for hour in range(200):
        for number in range(300):
            address = f"10.{(hour * 300 + number) % addresses}"
            tried += site.judge("000000", address, 3600.0 * hour).result == WRONG
    assert tried <= SHARED_AT_ONCE + 200 * 3600 / SHARED_EVERY_S
    assert (SHARED_AT_ONCE + YEAR_S / SHARED_EVERY_S) / 1_000_000 < 0.06


@pytest.mark.parametrize("address", [PHONE, "127.0.0.1", "::1"])
def test_while_somebody_guesses_the_phone_that_was_used_before_and_the_machine_itself_are_let_in(address: str) -> None:
    site = check()
    assert site.judge(PIN, PHONE, 0.0).result == RIGHT
    for number in range(100):
        guessed(site, f"10.{number}", FREE)
    assert site.judge(PIN, "192.0.2.77", 1.0).result == LOCKED, "an address that was never right shares the budget"
    assert site.judge("111111", address, 1.0).result == WRONG
    assert site.judge(PIN, address, 1.0).result == RIGHT


def test_right_ones_cost_nothing_of_the_shared_budget() -> None:
    site = check()
    for number in range(10 * SHARED_AT_ONCE):
        assert site.judge(PIN, f"10.{number}", 0.0).result == RIGHT


def test_a_site_without_a_pin_lets_nobody_in() -> None:
    assert PinCheck("", PinRecord(), 0.0).judge("", PHONE, 0.0).result == NO_PIN


@pytest.mark.parametrize("given_", ["", "２４６８１０", "\ud800", "246810 ", "246810\0", "x" * 1000])
def test_nothing_but_the_pin_is_right(given_: str) -> None:
    assert check().judge(given_, PHONE, 0.0).result == WRONG


def test_waits_and_the_budget_outlive_a_restart(tmp_path: Path) -> None:
    before = check()
    before.judge(PIN, PHONE, 0.0)
    for number in range(100):
        guessed(before, f"10.{number}", FREE)
    guessed(before, "127.0.0.1", FREE + 1)
    pin_file.save(tmp_path, before.record(10.0))
    after = PinCheck(PIN, pin_file.load(tmp_path), 1_000_000.0)
    assert after.judge(PIN, "127.0.0.1", 1_000_000.0 + FIRST_WAIT_S - 11).result == LOCKED
    assert after.judge(PIN, "127.0.0.1", 1_000_000.0 + FIRST_WAIT_S - 9).result == RIGHT
    assert after.judge(PIN, "192.0.2.77", 1_000_000.0).result == LOCKED
    assert after.judge(PIN, PHONE, 1_000_000.0).result == RIGHT
    assert (tmp_path / "pin.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"addresses": 3}', b"\xff", b'{"addresses": [{"address": "\xff"}]}', b"[" * 100_000, b'{"x": ' + b"[" * 100_000],
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "pin.json").write_bytes(content)
    assert pin_file.load(tmp_path) == PinRecord()
    assert "not known" in caplog.text


def test_a_folder_that_takes_nothing_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pin_file.save(tmp_path / "absent", PinRecord())
    assert "not saved" in caplog.text


@given(st.lists(st.tuples(st.integers(0, 600), st.booleans(), st.floats(0, 100)), max_size=700))
def test_what_is_remembered_is_bounded(steps: list[tuple[int, bool, float]]) -> None:
    site, now_s = check(), 0.0
    for number, right, later_s in steps:
        now_s += later_s
        site.judge(PIN if right else "0", f"10.{number}", now_s)
    assert len(site.record(now_s).addresses) <= len(site._addresses) <= MOST_ADDRESSES


def test_many_strangers_do_not_push_out_the_phone_that_was_used_before() -> None:
    site = check()
    site.judge(PIN, PHONE, 0.0)
    for number in range(3 * MOST_ADDRESSES):
        site.judge("0", f"10.{number}", 0.0)
    assert site.judge(PIN, PHONE, 0.0).result == RIGHT
