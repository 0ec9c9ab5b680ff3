"""What a check found, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.desk.checks.finding import Finding


def tell(output: Output, findings: Iterable[Finding]) -> None:
    """A line a finding: where, what, what to do."""
    for finding in findings:
        for line in output.folded(as_line(finding), indent="  "):
            output.line(line)


def as_line(finding: Finding) -> str:
    """The finding as one line, such as `tickets/2026/11/TICKET-42.md:7: unknown status. Mend it.`."""
    text = f"{finding.path}: {finding.problem}" if finding.path else finding.problem
    if not finding.remedy:
        return text
    stop = "" if text.endswith((".", "?", "!")) else "."
    return f"{text}{stop} {finding.remedy}"


def as_documents(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """The findings as JSON has them."""
    return [
        {
            "code": finding.code,
            "path": finding.path or None,
            "problem": finding.problem,
            "remedy": finding.remedy or None,
            "repairable": finding.repairable,
        }
        for finding in findings
    ]
