"""Memory has an end, and judging costs little."""

import tracemalloc
from time import process_time

from air.rules.rule_set import RuleSet
from air.rules.tests.site import PM10, T0_MS, channel, level, report, watch
from contract.quantities import QUANTITIES

# Of the processor, per report with two rules that match: measured 20.
MOST_US = 100


def feed(to: RuleSet, first: int, count: int) -> None:
    for number in range(first, first + count):
        one = report(number, channel(number % 300), start_ms=T0_MS + number * 1000, duration_ms=1000)
        to.handle(one, one.start_ms + 1000)
        to.tick(one.start_ms + 1000)


def test_memory_is_flat_once_the_windows_are_full() -> None:
    rules = [
        level(),
        level(id="hour", window_s=600),
        {"id": "few", "version": 1, "kind": "completeness", "quantity": "pm2_5_atm", "window_s": 600},
        {"id": "voc", "version": 1, "kind": "episode", "quantity": "pm2_5_atm", "raise": 3, "baseline_h": 1, "window_s": 600},
        {"id": "stuck", "version": 1, "kind": "stuck", "quantity": "pm2_5_atm", "window_s": 600},
    ]
    site = watch(rules)
    tracemalloc.start()
    feed(site, 0, 5500)
    full, _ = tracemalloc.get_traced_memory()
    feed(site, 5500, 4000)
    later, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert later < 1.1 * full


def test_the_longest_window_of_the_shortest_periods_has_an_end() -> None:
    site = watch([level(window_s=86400)])
    tracemalloc.start()
    feed(site, 0, 10_000)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 500_000  # ten thousand reports in eighty-four steps


def test_a_baseline_forgets_what_lies_behind_it() -> None:
    site = watch([{"id": "voc", "version": 1, "kind": "episode", "quantity": "pm2_5_atm", "raise": 3, "baseline_h": 1, "window_s": 600}])
    reports = [report(n, channel(n % 300), start_ms=T0_MS + n * 300_000, duration_ms=300_000) for n in range(12_000)]
    for one in reports[:6000]:
        site.handle(one, one.start_ms)
    tracemalloc.start()
    for one in reports[6000:]:
        site.handle(one, one.start_ms)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 100_000


def test_two_rules_cost_little_and_none_nothing() -> None:
    dust = {"id": "dust", "version": 1, "kind": "ratio", "quantity": "pm10_atm", "under": "pm2_5_atm", "window_s": 3600, "raise": 3}
    site = watch([level(window_s=600), dust])
    others = [channel(1, row[0]) for row in QUANTITIES[:12] if row[1] not in ("pm2_5_atm", "pm10_atm")]
    reports = [report(n, channel(n % 100), channel(n % 200, PM10), *others) for n in range(3000)]
    began = process_time()
    for one in reports:
        site.handle(one, one.start_ms)
    assert (process_time() - began) / len(reports) * 1e6 < MOST_US
    began = process_time()
    assert not any("n2" in site.concerned for _ in reports)
    assert (process_time() - began) / len(reports) * 1e6 < 5
