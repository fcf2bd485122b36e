"""The site's clock: what each source is worth, what a jump does, how the error grows. Times in ms; monotonic time begins at 0."""

import pytest

from gateway.time.site_clock import FLEET, KEPT, SYSTEM, UNSURE, SiteClock

_T = 1_800_000_000_000  # UTC at monotonic 0
_ERROR = 50
_DAY = 86_400_000
_YEARS = 10 * 365 * _DAY
_JUMPS = [_DAY, -_DAY, _YEARS, -_YEARS]
_NAMES = ["+1 day", "-1 day", "+10 years", "-10 years"]


def _unsure(system_ms: int = _T, not_before_ms: int = 0) -> SiteClock:
    return SiteClock(_ERROR, system_ms, not_before_ms, 0)


def _synchronised() -> SiteClock:
    site = _unsure()
    site.hear_system(_T, 0, synchronised=True)
    return site


def _of_fleet(error_ms: int = 20) -> SiteClock:
    site = _unsure(0)
    site.hear_fleet(_T, -error_ms, error_ms)
    return site


def test_a_synchronised_machine_gives_its_time_and_its_error() -> None:
    assert _synchronised().now(5000) == (_T + 5000, _ERROR + 1, SYSTEM)


def test_a_machine_without_a_clock_starts_at_the_last_time_known_and_is_unsure() -> None:
    moment = _unsure(system_ms=3000, not_before_ms=_T).now(7000)
    assert (moment.utc_ms, moment.source) == (_T + 7000, UNSURE)
    assert moment.error_ms >= _YEARS


def test_a_machine_that_kept_its_clock_is_not_set_back_by_the_last_time_known() -> None:
    assert _unsure(_T, _T - _DAY).now(0).utc_ms == _T


def test_half_the_round_trip_bounds_the_error_of_the_fleets_answer() -> None:
    site = _unsure(0)
    site.hear_fleet(_T + 1000, 600, 1400)
    moment = site.now(1400)
    assert (moment.utc_ms, moment.source) == (_T + 1400, FLEET)
    assert 400 <= moment.error_ms <= 402


def test_a_slow_answer_does_not_replace_a_quick_one_until_drift_has_made_that_worse() -> None:
    site = _of_fleet(20)
    site.hear_fleet(_T + 60_000, 55_000, 65_000)
    assert site.now(65_000).error_ms < 30
    site.hear_fleet(_T + _DAY, _DAY - 1000, _DAY + 1000)
    assert site.now(_DAY + 1000).error_ms < 1010


def test_what_is_kept_is_carried_on_and_its_error_grows_with_the_drift() -> None:
    moment = _synchronised().now(_DAY)
    assert (moment.utc_ms, moment.source) == (_T + _DAY, KEPT)
    assert moment.error_ms == _ERROR + 8640


@pytest.mark.parametrize("jump", _JUMPS, ids=_NAMES)
@pytest.mark.parametrize("synchronised", [True, False])
def test_a_jump_of_the_system_clock_moves_nothing_while_the_fleet_holds(jump: int, synchronised: bool) -> None:
    site = _of_fleet()
    for second in range(0, 3_600_000, 1000):
        site.hear_system(_T + second + jump, second, synchronised=synchronised)
        if second % 60_000 == 0:
            site.hear_fleet(_T + second, second - 20, second + 20)
        assert abs(site.now(second).utc_ms - _T - second) <= site.now(second).error_ms


@pytest.mark.parametrize("jump", _JUMPS, ids=_NAMES)
def test_a_jump_moves_nothing_while_only_the_time_before_it_is_known(jump: int) -> None:
    site = _synchronised()
    for second in range(0, 599_000, 1000):
        site.hear_system(_T + second + jump, second, synchronised=True)
        assert abs(site.now(second).utc_ms - _T - second) <= site.now(second).error_ms


@pytest.mark.parametrize("jump", [_DAY, -_DAY, _YEARS], ids=_NAMES[:3])
def test_a_system_clock_that_stays_synchronised_where_it_jumped_to_is_believed_in_the_end(jump: int) -> None:
    site = _synchronised()
    for second in range(1000, 700_000, 1000):
        site.hear_system(_T + second + jump, second, synchronised=True)
    assert site.now(699_000).utc_ms == _T + 699_000 + jump


def test_a_system_clock_that_was_wrong_and_is_set_right_is_believed_at_once_when_the_fleet_says_so() -> None:
    site = _unsure()
    site.hear_system(_T + _DAY, 0, synchronised=True)
    site.hear_fleet(_T + 1000, 990, 1010)
    assert abs(site.now(1010).utc_ms - _T - 1010) <= 12
    site.hear_system(_T + 2000, 2000, synchronised=True)
    assert site.now(2000).source == SYSTEM


@pytest.mark.parametrize("leap", [1000, -1000])
def test_a_leap_second_is_followed(leap: int) -> None:
    site = _synchronised()
    site.hear_system(_T + 1000 + leap, 1000, synchronised=True)
    assert site.now(1000) == (_T + 1000 + leap, _ERROR, SYSTEM)


@pytest.mark.parametrize("told", [0, 1, 1_000_000_000_000])
def test_a_time_before_there_was_this_program_is_no_time(told: int) -> None:
    site = _unsure()
    site.hear_fleet(told, 0, 10)
    site.hear_system(told, 10, synchronised=True)
    assert site.now(10).source == UNSURE
