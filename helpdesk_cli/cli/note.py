"""`desk note`: what agents tell each other."""

import typer

from helpdesk_cli.cli.changing import change
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import is_terminal, session_of
from helpdesk_cli.cli.texts import STDIN, MessageText, TextFile, read_text
from helpdesk_cli.desk import note as verbs
from helpdesk_cli.desk.mentions import unknown_mentions
from helpdesk_cli.errors import UsageError


def note(
    context: typer.Context,
    tickets: Chosen = None,
    *,
    query: Query = None,
    message: MessageText = "",
    file: TextFile = "",
    dry_run: DryRun = False,
) -> int:
    """Add an internal note; it never leaves the desk.

    Without `-m` and `-F` the editor opens; see `desk help environment` for which one. An empty text
    cancels. `@lee` in the text tells that agent.
    """
    tickets = tickets or []
    if file == STDIN and STDIN in tickets:
        raise UsageError("standard input cannot be both the tickets and the text")
    about = ", ".join(tickets) or f"the tickets of {query}"
    text = read_text(
        message,
        file,
        asks=f"A note on {about}. Lines that begin with `# ` are left out; empty cancels.",
        may_edit=is_terminal(0) and session_of(context).may_ask,
    )
    _warn_of_unknown(context, text)
    return change(
        context,
        tickets,
        lambda desk, ids, actor: verbs.note(desk, ids, text, actor=actor, dry_run=dry_run),
        asking="Write a note on",
        dry_run=dry_run,
        query=query,
    )


def _warn_of_unknown(context: typer.Context, text: str) -> None:
    """A misspelt name tells nobody: it is said now, and the note is written all the same."""
    session = session_of(context)
    agents = [agent.key for agent in desk_of(session).settings.agents]
    for word in unknown_mentions(text, agents):
        Output(session).note(
            f"@{word} is no agent of this desk: nobody is told. Agents: {', '.join(agents)}."
        )


COMMAND = Command(
    note,
    usage=("[-m TEXT | -F FILE] [--dry-run] ID...", "[-m TEXT | -F FILE] [--dry-run] -q QUERY"),
    examples=(
        ("desk note 42 -m 'Accounting changed it in May.'", "Add a note of one line."),
        ("desk note 42", "Write a note in the editor."),
        ("git log -1 --format=%B | desk note 42 -F -", "Add what another program says."),
    ),
    see_also=("show", "log"),
)
