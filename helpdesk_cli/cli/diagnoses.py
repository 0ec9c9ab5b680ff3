"""Diagnoses, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.table import Tone, Toned

if TYPE_CHECKING:
    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.desk.health.diagnosis import Diagnosis, Level

_TONES: dict[Level, Tone] = {"ok": "good", "note": "faint", "warning": "notice", "error": "alarm"}
_INDENT = " " * 8


def show(output: Output, subject: str, diagnosis: Diagnosis) -> None:
    """Level, subject and what is so; below it the remedy."""
    first, *rest = output.folded(f"{_INDENT}{subject}: {diagnosis.what}", indent=_INDENT)
    output.line(Toned(f"{diagnosis.level:<8}", _TONES[diagnosis.level]), first.removeprefix(_INDENT))
    for line in rest:
        output.line(line)
    if diagnosis.remedy:
        for line in output.folded(f"{_INDENT}{diagnosis.remedy}", indent=_INDENT):
            output.line(Toned(line, "faint"))


def document(subject: str, diagnosis: Diagnosis) -> dict[str, str | None]:
    """One diagnosis as JSON has it."""
    return {
        "level": diagnosis.level,
        "subject": subject,
        "code": diagnosis.code,
        "what": diagnosis.what,
        "remedy": diagnosis.remedy or None,
    }
