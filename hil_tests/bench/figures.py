"""What a measurement is, and how it is written down. Measures nothing."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

_BEGIN = "<!-- figures: written by make bench -->"
_END = "<!-- end of figures -->"


@dataclass(frozen=True)
class Figure:
    """One measured value. `reference` is its limit or peer, measured in the same run; `ratio` is value over reference.

    `ok` says whether the target was met; None where there is none yet.
    """

    name: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    target: str | None = None
    ok: bool | None = None

    def line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def against(name: str, value: float, unit: str, reference: float) -> Figure:
    """A figure beside the reference of the same run."""
    return Figure(name, round(value, 1), unit, round(reference, 1), round(value / reference, 3))


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie, by linear interpolation between neighbours; the list must not be empty."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def table(figures: list[Figure]) -> str:
    rows = ["| figure | value | unit | reference | ratio | target |", "| --- | ---: | --- | ---: | ---: | --- |"]
    for figure in figures:
        reference = "" if figure.reference is None else f"{figure.reference:g}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:g}"
        rows.append(f"| `{figure.name}` | {figure.value:g} | {figure.unit} | {reference} | {ratio} | {figure.target or ''} |")
    return "\n".join(rows)


def merge(kept: list[Figure], measured: list[Figure]) -> list[Figure]:
    """The measured figures, and those of an earlier run that this one did not measure; sorted by name."""
    by_name = {figure.name: figure for figure in kept} | {figure.name: figure for figure in measured}
    return [by_name[name] for name in sorted(by_name)]


def read(path: Path) -> list[Figure]:
    return [Figure(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def write(figures: list[Figure], lines: Path, document: Path) -> None:
    """One JSON line a figure into `lines`; the table between the two marks of the document."""
    lines.parent.mkdir(parents=True, exist_ok=True)
    lines.write_text("".join(figure.line() + "\n" for figure in figures))
    before, rest = document.read_text().split(_BEGIN)
    _, after = rest.split(_END)
    document.write_text(f"{before}{_BEGIN}\n{table(figures)}\n{_END}{after}")
