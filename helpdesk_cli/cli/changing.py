"""What every command that changes tickets does around its verb: read ids, ask, call, report."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.cli.ask import confirm, confirm_many
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.table import Toned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import typer

    from helpdesk_cli.cli.output import Piece
    from helpdesk_cli.cli.session import Session
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.desk import Desk


def change(
    context: typer.Context,
    words: Sequence[str],
    verb: Callable[[Desk, Iterable[str], Actor], Outcome],
    *,
    asking: str,
    dry_run: bool,
    query: str | None = None,
) -> int:
    """Call the verb for the tickets that words and query mean and say what it did; gives the exit code.

    `asking` begins the question before many tickets are written: "Close" of "Close 7 tickets?".
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    tickets = meant(desk, session, words, query, actor)
    if not tickets:
        return 0
    if not dry_run:
        ask_first(session, asking, tickets, query)
    counted = track(tickets, total=len(tickets), what="tickets", session=session)
    return report(output, verb(desk, counted, actor), dry_run=dry_run)


def meant(
    desk: Desk, session: Session, words: Sequence[str], query: str | None, actor: Actor | None
) -> list[str]:
    """The tickets that the words name (`-`: standard input) and those that the query finds; [] is told.

    Raises UsageError where nothing was named and no query asked.
    """
    if query is None:
        return read_ids(words)
    # The query language and the index are loaded by calls that ask for tickets.
    chosen = importlib.import_module("helpdesk_cli.desk.select")
    found: list[str] = chosen.select(desk, read_ids(words) if words else [], query, actor)
    if not found:
        Output(session).note("The query finds no ticket: nothing was changed.")
    return found


def ask_first(session: Session, asking: str, tickets: Sequence[str], query: str | None = None) -> None:
    """Ask before many tickets are written, and before any that an empty query means: that is all of them."""
    if query is not None and not query.strip():
        number = f"{len(tickets):,} ticket{'' if len(tickets) == 1 else 's'}"
        confirm(session, f"{asking} every ticket that is not done, {number}?")
    else:
        confirm_many(session, asking, tickets)


def report(output: Output, outcome: Outcome, *, dry_run: bool) -> int:
    """Say what was done, a line a change (for a dry run its diff); gives the exit code."""
    for changed in outcome.recorded:
        if dry_run:
            output.note(f"would be recorded: {changed.summary}")
            for line in changed.diff:
                output.line(*diff_line(line))
        else:
            output.confirm(changed.summary)
    for remark in outcome.remarks:
        output.note(remark)
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
