"""What a series consists of: periods as they were reported, and bins of them. Values leave here as floats in the unit of their quantity;
None where there is only a quality. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from air.statistics.hours import Aggregate
from air.statistics.periods import Bucket
from contract import quality
from contract.site import qualities
from fleet.record.origins import Origin, origin_key
from fleet.record.units import in_unit


@dataclass(frozen=True, slots=True)
class Point:
    """A period as the node reported it, or a bin of them. origin: on which way it came into the record; null where nothing came.
    completeness: of a bin, the share of its time with usable values. shares: of a bin, by quality, the share of its time."""

    slot: int
    start_ms: int
    duration_ms: int
    value: float | None
    min: float | None
    max: float | None
    n: int
    quality: str
    how: str | None
    error_ms: int
    origin: Origin | None = None
    completeness: float | None = None
    shares: dict[str, float] | None = None


def bucket_point(code: int, slot: int, part: Bucket, error_ms: int, origins: int) -> Point:
    """Of a bin that is shorter than an hour, or does not begin on one."""
    summary = part.usable or next((other.summary for other in part.unusable if other.quality == part.quality), None)
    covered = {other.quality: other.covered_ms / part.duration_ms for other in part.unusable}
    if part.usable:
        covered[part.quality] = part.completeness
    mean, least, greatest = (summary.mean, summary.minimum, summary.maximum) if summary else (None, None, None)
    return Point(
        slot, part.start_ms, part.duration_ms, in_unit(code, mean), in_unit(code, least), in_unit(code, greatest),
        summary.n if summary else 0, qualities.KEYS[part.quality], None, error_ms, origin_key(origins), part.completeness, _shares(covered),
    )  # fmt: skip


def aggregate_point(code: int, slot: int, start_ms: int, length_ms: int, part: Aggregate | None) -> Point:
    """part: None where nothing was measured."""
    if part is None:
        reason = qualities.KEYS[quality.NOT_MEASURED]
        return Point(slot, start_ms, length_ms, None, None, None, 0, reason, None, 0, None, 0.0, {})
    summary = part.summary
    mean, least, greatest = (summary.mean, summary.minimum, summary.maximum) if summary else (None, None, None)
    covered = {key: covered_ms / length_ms for key, covered_ms in part.covered.items()}
    return Point(
        slot, start_ms, length_ms, in_unit(code, mean), in_unit(code, least), in_unit(code, greatest), summary.n if summary else 0,
        qualities.KEYS[part.quality], None, part.error_ms, origin_key(part.origins), part.usable_ms / length_ms, _shares(covered),
    )  # fmt: skip


def _shares(covered: Mapping[int, float]) -> dict[str, float]:
    return {qualities.KEYS[code]: round(share, 6) for code, share in sorted(covered.items())}
