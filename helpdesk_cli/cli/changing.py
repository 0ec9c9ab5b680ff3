"""What every command that changes tickets does around its verb: read ids, ask, call, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.cli.ask import confirm_many
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.table import Toned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import typer

    from helpdesk_cli.cli.output import Piece
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.desk import Desk


def change(
    context: typer.Context,
    words: Sequence[str],
    verb: Callable[[Desk, list[str], Actor], Outcome],
    *,
    asking: str,
    dry_run: bool,
) -> int:
    """Call the verb for the tickets that the words name and say what it did; gives the exit code.

    `asking` begins the question before many tickets are written: "Close" of "Close 7 tickets?".
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    tickets = read_ids(words)
    if not dry_run:
        confirm_many(session, asking, tickets)
    return report(output, verb(desk, tickets, actor), dry_run=dry_run)


def report(output: Output, outcome: Outcome, *, dry_run: bool) -> int:
    """Say what was done, a line a change (for a dry run its diff); gives the exit code."""
    for recorded in outcome.recorded:
        if dry_run:
            output.note(f"would be recorded: {recorded.summary}")
            for line in recorded.diff():
                output.line(*diff_line(line))
        else:
            output.confirm(recorded.summary)
    for name in outcome.unchanged:
        output.note(f"{name}: nothing to change")
    for word, error in outcome.errors:
        text = str(error)
        output.error(text if word in text else f"{word}: {text}")
    return outcome.exit_code


def diff_line(line: str) -> list[Piece]:
    """A line of a unified diff in its colours."""
    if line.startswith(("+++", "---")):
        return [Toned(line, "strong")]
    if line.startswith("+"):
        return [Toned(line, "good")]
    if line.startswith("-"):
        return [Toned(line, "alarm")]
    return [Toned(line, "faint")] if line.startswith("@@") else [line]
