"""What the service raises alarms for, as cases of facts."""

import pytest

from fleet.alarms.watches import WATCHES, Facts, Heard, Watch, found, text_of

MIN_MS = 60_000
NOW_MS = 1_800_000_000_000
EAST = Heard("gw-east", "east", NOW_MS - 15 * MIN_MS - 1000)
# facts -> (rule, gateway, since_ms, value) of what is found
CASES: dict[str, tuple[Facts, list[tuple[str, str, int, int]]]] = {
    "nothing_at_all": (Facts(NOW_MS, 0, []), []),
    "silent": (Facts(NOW_MS, 0, [EAST]), [("silent-gateway", "gw-east", EAST.seen_ms, 901)]),
    "heard_just_within": (Facts(NOW_MS, 0, [Heard("gw-east", "east", NOW_MS - 15 * MIN_MS)]), []),
    "the_service_was_down_itself": (Facts(NOW_MS, NOW_MS - 15 * MIN_MS, [EAST]), []),
    "down_and_still_silent": (
        Facts(NOW_MS, NOW_MS - 15 * MIN_MS - 1000, [EAST, Heard("gw-west", "west", NOW_MS)]),
        [("silent-gateway", "gw-east", EAST.seen_ms, 901)],
    ),
    "a_clock_that_was_set_back": (Facts(NOW_MS, NOW_MS + MIN_MS, [Heard("gw-east", "east", NOW_MS + MIN_MS)]), []),
    "a_work_failed_twice": (Facts(NOW_MS, 0, [], 2, NOW_MS), []),
    "a_work_failed_thrice": (Facts(NOW_MS, 0, [], 3, NOW_MS - 5), [("failing-work", "", NOW_MS - 5, 3)]),
    "the_chain_is_broken": (Facts(NOW_MS, 0, [], broken_ms=NOW_MS - 7), [("broken-chain", "", NOW_MS - 7, 1)]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_found_as_long_as_it_lasts(case: str) -> None:
    facts, expected = CASES[case]
    assert [(one.watch.rule, one.gateway, one.since_ms, one.value) for one in found(facts)] == expected


@pytest.mark.parametrize("watch", WATCHES, ids=lambda watch: watch.rule)
def test_each_has_its_words_in_both_languages(watch: Watch) -> None:
    texts = text_of(watch.rule, "gw-east", 901)
    assert set(texts) == {"zh-CN", "en"} and all(texts.values()) and "{" not in "".join(texts.values())
