"""What the service itself raises alarms for, as a table, and how each is judged from facts. Pure.

Each holds as long as its fault does: one alarm a fault, however often it is looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# By language, as fleet/record/event_texts.py.
from contract.site import display_names

# Slot of what the service raises: no gateway reports one below -1, so that alarms of both never meet.
SERVICE_SLOT = -2


@dataclass(frozen=True, slots=True)
class Watch:
    """limit: beyond which it is raised, in unit. text: in Chinese and English, with {gateway}, {value} and {limit}."""

    rule: str
    severity: str
    limit: int
    unit: str
    text: tuple[str, str]


# A gateway asks for its document at least once a minute. A restart with an update takes five minutes, and lines of mobile carriers are away
# for some: three times that is no news to anybody.
SILENT_GATEWAY = Watch(
    "silent-gateway", "warning", 900, "s",
    ("网关 {gateway} 已 {value} 秒无消息，限值 {limit} 秒", "gateway {gateway}: nothing heard for {value} s, limit {limit} s"),
)  # fmt: skip
# A work that failed once or twice did so for a store that was away; the pauses before the third time are 1 to 3 s.
FAILING_WORK = Watch(
    "failing-work", "warning", 2, "times",
    ("后台任务连续失败 {value} 次（GET /api/v1/background 说明原因）",
     "work in the background failed {value} times in a row: GET /api/v1/background says why"),
)  # fmt: skip
BROKEN_CHAIN = Watch(
    "broken-chain", "alarm", 0, "links",
    ("变更记录链已断裂（最近一次 verify_changes 任务说明位置）",
     "the record of changes is not what was recorded: the newest job verify_changes says where"),
)  # fmt: skip
WATCHES = (SILENT_GATEWAY, FAILING_WORK, BROKEN_CHAIN)
_BY_RULE = {watch.rule: watch for watch in WATCHES}


@dataclass(frozen=True, slots=True)
class Heard:
    """seen_ms: when a gateway was heard of last."""

    gateway: str
    site: str
    seen_ms: int


@dataclass(frozen=True, slots=True)
class Facts:
    """looking_since_ms: from when on this service could hear anything. failures: of the work that failed most often in a row; failed_ms:
    when it did last. broken_ms: when the chain was found broken, if it is."""

    now_ms: int
    looking_since_ms: int
    heard: Sequence[Heard]
    failures: int = 0
    failed_ms: int = 0
    broken_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that lasts. gateway, site: "" where it is of the service as a whole."""

    watch: Watch
    since_ms: int
    value: int
    gateway: str = ""
    site: str = ""


def found(facts: Facts) -> Iterator[Found]:
    for one in facts.heard:
        # What was said while this service was down, nobody heard.
        silent_s = (facts.now_ms - max(one.seen_ms, facts.looking_since_ms)) // 1000
        if silent_s > SILENT_GATEWAY.limit:
            yield Found(SILENT_GATEWAY, one.seen_ms, (facts.now_ms - one.seen_ms) // 1000, one.gateway, one.site)
    if facts.failures > FAILING_WORK.limit:
        yield Found(FAILING_WORK, facts.failed_ms, facts.failures)
    if facts.broken_ms is not None:
        yield Found(BROKEN_CHAIN, facts.broken_ms, 1)


def undecided(facts: Facts) -> set[tuple[str, str]]:
    """(rule, gateway) of what may be a fault and may not: a gateway was silent for long before this service began to hear anything."""
    since = [one for one in facts.heard if (facts.now_ms - one.seen_ms) // 1000 > SILENT_GATEWAY.limit]
    known = {(one.watch.rule, one.gateway) for one in found(facts)}
    return {(SILENT_GATEWAY.rule, one.gateway) for one in since} - known


def text_of(rule: str, gateway: str, value: int | None) -> dict[str, str]:
    watch = _BY_RULE[rule]
    said = {"gateway": gateway, "value": value, "limit": watch.limit}
    return dict(zip(display_names.LANGUAGES, (words.format(**said) for words in watch.text), strict=True))
