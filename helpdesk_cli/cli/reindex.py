"""`desk reindex`: the index made anew."""

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.listing import tell_problems
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.reindexing import reindex


def make_anew(context: typer.Context) -> None:
    """Make the index anew from the ticket files.

    Never needed in the course of things: the index looks at every file by itself, and is made anew where
    it is missing, damaged or of another version. It is `.git/desk/index.db`, an SQLite database whose
    tables docs/INDEX.md describes. Its loss costs nothing but the time to read the files.
    """
    session = session_of(context)
    output = Output(session)
    done = reindex(desk_of(session), progress=reporter("ticket files", session))
    number = f"{done.tickets:,} ticket{'' if done.tickets == 1 else 's'}"
    output.confirm(f"{number} indexed in {done.path} ({done.size / 1_000_000:.1f} MB)")
    tell_problems(output, done.problems)


COMMAND = Command(
    make_anew,
    usage=("",),
    examples=(
        ("desk reindex", "Make the index anew."),
        (
            "desk reindex && datasette --immutable .git/desk/index.db",
            "Look into it with a program of your own.",
        ),
    ),
    see_also=("list", "fsck"),
)
