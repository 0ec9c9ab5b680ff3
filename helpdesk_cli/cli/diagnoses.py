"""Diagnoses, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.table import Tone, Toned

if TYPE_CHECKING:
    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.desk.health.diagnosis import Diagnosis, Level

_TONES: dict[Level, Tone] = {"ok": "good", "note": "faint", "warning": "notice", "error": "alarm"}


def show(output: Output, subject: str, diagnosis: Diagnosis) -> None:
    """Level, subject and what is so; below it the remedy."""
    output.line(Toned(f"{diagnosis.level:<8}", _TONES[diagnosis.level]), f"{subject}: {diagnosis.what}")
    if diagnosis.remedy:
        output.line(Toned(f"{'':8}{diagnosis.remedy}", "faint"))


def document(subject: str, diagnosis: Diagnosis) -> dict[str, str | None]:
    """One diagnosis as JSON has it."""
    return {
        "level": diagnosis.level,
        "subject": subject,
        "code": diagnosis.code,
        "what": diagnosis.what,
        "remedy": diagnosis.remedy or None,
    }
