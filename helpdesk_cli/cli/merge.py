"""`desk merge`, `desk unmerge`, `desk split`: several tickets become one, one becomes two."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.ask import confirm
from helpdesk_cli.cli.changing import ask_first, change, meant, report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk import merging as verbs
from helpdesk_cli.desk import splitting
from helpdesk_cli.tickets.escapes import one_line


def merge(
    context: typer.Context,
    tickets: Annotated[
        list[str],
        typer.Argument(
            metavar="ID ID...",
            autocompletion=complete.tickets,
            help="The ticket that stays, and those that become a part of it; or `-`.",
        ),
    ],
    *,
    query: Query = None,
    dry_run: DryRun = False,
) -> int:
    """Merge tickets into one.

    The first ticket gets the messages, notes, attachments, tags and people of the others, each message
    at its time. The others remain as stubs that say where all of it went, and mail to any of them goes
    there from now on. What the first has not (an assignee, a team, a category) it gets; if one of the
    others needs us, it does too.

    Nobody gets more mail by it: who took part in the others is offered at the next answer, and the answer
    goes to the first ticket's requester alone unless you add them. Tickets of several requesters are asked
    about.

    `desk undo` takes a merge back. `-q QUERY` names those that become a part.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    words = meant(desk, session, tickets, query, actor)
    if not words:
        return 0
    plan = verbs.plan_merge(desk, words, actor=actor)
    if not dry_run:
        ask_first(session, f"Merge into {plan.target.id}:", words, query)
        if plan.from_others:
            # With addresses: two people of one name are the mistake that this question is to prevent.
            asked = ", ".join(f"{each.id} by {str(each.requester) or 'nobody'}" for each in plan.from_others)
            into = f"{plan.target.id} by {str(plan.target.requester) or 'nobody'}"
            confirm(session, one_line(f"Different people asked: {asked}; {into}. Merge all the same?"))
    return report(output, verbs.merge(desk, words, actor=actor, dry_run=dry_run), dry_run=dry_run)


def unmerge(
    context: typer.Context, tickets: Chosen = None, *, query: Query = None, dry_run: DryRun = False
) -> int:
    """Take merged tickets out again.

    Name the stubs, not the ticket that has it all. Each gets its own messages, notes and attachments back
    and the status it had; what the merge changed in the other ticket is taken back where nothing later
    stands on it. Mail that came since the merge stays where it came: `desk split` takes it out.
    """
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.unmerge_each(desk, list(ids), actor=actor, dry_run=dry_run),
        asking="Take out",
        dry_run=dry_run,
        query=query,
    )


def split(
    context: typer.Context,
    messages: Annotated[
        list[str],
        typer.Argument(
            metavar="ID.N...", help="Messages of one ticket, such as `42.3`: see `desk help ids`."
        ),
    ],
    *,
    subject: Annotated[
        str, typer.Option("--subject", metavar="TEXT", help="The new ticket's subject; else the message's.")
    ] = "",
    dry_run: DryRun = False,
) -> int:
    """Make a ticket of its own of messages that are another matter.

    The new ticket has the messages with their attachments, whoever wrote the first of them as its
    requester, and tags and fields of the old one, which keeps a stub for each and is linked to it. Answers
    to the moved messages go to the new ticket. Notes stay.

    `desk undo` takes it back.
    """
    session = session_of(context)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    done = splitting.split(desk, read_ids(messages), subject=subject, actor=actor, dry_run=dry_run)
    return report(Output(session), done, dry_run=dry_run)


MERGE = Command(
    merge,
    usage=("[--dry-run] ID ID...", "[--dry-run] ID -q QUERY"),
    examples=(
        ("desk merge 42 43 51", "43 and 51 become a part of 42."),
        ("desk merge 42 -q 'from:ada@example.org subject:vat -id:42'", "So does all that Ada asked on it."),
        ("desk undo", "Take the merge back."),
    ),
    see_also=("dupes", "split", "link", "undo"),
)
UNMERGE = Command(
    unmerge,
    usage=("[--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk unmerge 43", "43 was something else after all."),
        ("desk unmerge --dry-run 43", "See first what would go where."),
    ),
    see_also=("merge", "split", "undo"),
)
SPLIT = Command(
    split,
    usage=("[--subject TEXT] [--dry-run] ID.N...",),
    examples=(
        ("desk split 42.3", "The third message of ticket 42 is another matter."),
        (
            "desk split 42.3 42.5 --subject 'VPN does not connect'",
            "Two messages, under a subject of their own.",
        ),
    ),
    see_also=("merge", "link", "show", "undo"),
)
