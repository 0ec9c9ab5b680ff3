"""`desk bulk`: change many tickets in the editor, a line each."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli.ask import confirm_many
from helpdesk_cli.cli.changing import report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.editor import edit_file, read_left
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import bulk as verbs
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.errors import CancelledError
from helpdesk_cli.tickets.escapes import one_line

_WIDTH = 100
# An editor that is a program and never gets it right does not go round for ever.
_MOST_TIMES = 50
_REFUSED = "# NOT DONE"
_HELP = """\
#
# {count}. Nothing happens before this is saved and left; save it as it is, or empty, to change nothing.
#
# A line is one or several commands, the ticket, and what it is about, which is not read:
#
{commands}
#
# `assign lee tag +vip 42` does both. Lines that are deleted keep their ticket; the order means nothing.
"""


def bulk(
    context: typer.Context,
    query: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUERY...]",
            help="Which tickets, as `desk list` takes it; without one, all that is not done.",
        ),
    ] = None,
    *,
    dry_run: DryRun = False,
) -> int:
    """Change many tickets in your editor, a line each.

    The editor opens with one line a ticket: `keep 42  high open dana  Invoice shows the wrong number`.
    Replace `keep` by what is to be done: `take`, `assign NAME`, `status STATUS`, `resolve`, `close`,
    `reopen`, `priority PRIORITY`, `tag +a -b` or `spam`, or several of them; each has a short form, named
    below the lines. What stands behind the number is only shown.

    A mistake in any line opens the editor again with the reason on top, and nothing is done before all is
    right; leaving it as it is then cancels, and your text is kept. All lines are one operation, which
    `desk undo` takes back. A ticket that somebody changed while you were editing is left as it is and named,
    with exit 5.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    tickets = verbs.list_tickets(desk, query or [], actor=actor)
    if not tickets:
        output.note("The query finds no ticket: nothing was changed.")
        return 0
    wishes = _edit(desk, tickets, actor)
    if not dry_run:
        confirm_many(session, "Change", [wish.ticket.id for wish in wishes])
    uids = [wish.ticket.uid for wish in wishes]
    counted = track(uids, total=len(uids), what="tickets", session=session)
    outcome = verbs.apply_list(desk, wishes, actor=actor, words=counted, dry_run=dry_run)
    return report(output, outcome, dry_run=dry_run)


def _edit(desk: Desk, tickets: list[verbs.Listed], actor: Actor) -> list[verbs.Wish]:
    """What the person wants done. Raises CancelledError where that is nothing, or is left wrong."""
    text = _as_text(tickets)
    descriptor, name = tempfile.mkstemp(prefix="desk-bulk-", suffix=".txt")
    os.close(descriptor)
    path = Path(name)
    for _ in range(_MOST_TIMES):
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        try:
            edit_file(path)
            edited = read_left(path).decode("utf-8", "replace").replace("\r\n", "\n")
        except CancelledError as error:
            raise CancelledError(
                error.message, hint=f"Nothing was changed; the text is in {name}."
            ) from error
        try:
            wishes = verbs.read_list(desk, edited, tickets, actor=actor)
        except verbs.ListError as error:
            if edited == text and text.startswith(_REFUSED):
                hint = f"Nothing was changed; the text is in {name}."
                raise CancelledError(error.message, error.place, hint) from error
            text = _refused(edited, error)
            continue
        path.unlink()
        if not wishes:
            raise CancelledError("no line asks for anything", hint="Nothing was changed.")
        return wishes
    raise CancelledError("the editor never left a list that is right", hint=f"The text is in {name}.")


def _as_text(tickets: list[verbs.Listed]) -> str:
    """The lines, and below them what may be written."""
    number = max(len(str(ticket.number)) for ticket in tickets)
    shown = [
        [one_line(word) or "-" for word in (each.priority, each.status, each.assignee)] for each in tickets
    ]
    widths = [max(len(row[column]) for row in shown) for column in range(3)]
    lines = []
    for ticket, row in zip(tickets, shown, strict=True):
        state = " ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
        line = f"{verbs.KEEP} {ticket.number:<{number}}  {state}  {one_line(ticket.subject)}"
        lines.append(line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…")
    commands = "\n".join(f"#   {short}, {written:<20}{what}" for _, short, written, what in verbs.COMMANDS)
    count = f"{len(tickets):,} ticket{'' if len(tickets) == 1 else 's'}"
    return "\n".join(lines) + "\n" + _HELP.format(count=count, commands=commands)


def _refused(edited: str, error: verbs.ListError) -> str:
    """The text with what is wrong on top, by the numbers that the lines have then; earlier complaints go."""
    kept = edited.split("\n")
    before = 0
    while kept and kept[0].startswith(_REFUSED):
        kept.pop(0)
        before += 1
    moved = len(error.problems) - before
    said = [f"{_REFUSED}: line {number + moved}: {one_line(what)}" for number, what in error.problems]
    return "\n".join([*said, *kept])


COMMAND = Command(
    bulk,
    usage=("[--dry-run] [QUERY...]",),
    examples=(
        ("desk bulk status:new", "Go through what is new, a line each."),
        ("desk bulk assignee:me silent-for:7d..", "Tidy up what has been silent for a week."),
        ("desk bulk --dry-run tag:outage", "Show what your lines would change."),
    ),
    see_also=("list", "undo", "query", "environment"),
    dashed_words=True,
)
