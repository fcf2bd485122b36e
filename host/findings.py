"""What a doctor looked at, and how it is shown: for people a line and what to do, for programs JSON. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

OK, NOTE, FAULT = "ok", "note", "FAULT"
_INDENT = 7


@dataclass(frozen=True)
class Finding:
    """`advice` is empty when all is well. `is_note`: worth knowing, and no fault."""

    subject: str
    text: str
    advice: str = ""
    is_note: bool = False

    @property
    def level(self) -> str:
        return NOTE if self.is_note else FAULT if self.advice else OK

    @property
    def well(self) -> bool:
        return self.level != FAULT


def as_lines(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.level:<{_INDENT}}{finding.subject}: {finding.text}"
        if finding.advice:
            yield f"{'':<{_INDENT}}-> {finding.advice}"


def as_json(findings: Sequence[Finding]) -> str:
    rows = [{"level": f.level.lower(), "subject": f.subject, "text": f.text, "advice": f.advice} for f in findings]
    return json.dumps(rows, indent=1, ensure_ascii=False)


def size_text(size: int) -> str:
    """In MB or GB, as disks are sold."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
