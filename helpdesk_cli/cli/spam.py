"""`desk spam`, `desk unspam`: out of sight, and back."""

from typing import Annotated

import typer

from helpdesk_cli.cli.changing import change, meant
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import spam as verbs


def spam(
    context: typer.Context,
    tickets: Chosen = None,
    *,
    query: Query = None,
    sender: Annotated[
        bool,
        typer.Option(
            "--sender", help="Also what else these people ask, if it is open and nobody answered it."
        ),
    ] = False,
    dry_run: DryRun = False,
) -> int:
    """Call tickets spam: out of every list, and nothing is sent from them.

    Further mail of that conversation stays there and tells nobody. Mail that waits to be sent from the ticket
    does not leave. `desk unspam` takes it back; `desk list status:spam` shows what is there.

    The desk learns nothing from it: that is for the filter before it, which can be taught with the mail as
    it came, `desk show --raw 42.1 | spamc -L spam` for SpamAssassin, or `| rspamc learn_spam` for Rspamd.
    """
    words = tickets or []
    if sender:
        session = session_of(context)
        desk = desk_of(session)
        actor = actor_of(desk, session)
        named = meant(desk, session, words, query, actor)
        if not named:
            return 0
        words, query = verbs.with_others_of_senders(desk, named, actor=actor), None
    return change(
        context,
        words,
        lambda desk, ids, actor: verbs.spam(desk, ids, actor=actor, dry_run=dry_run),
        asking="Call spam:",
        dry_run=dry_run,
        query=query,
    )


def unspam(
    context: typer.Context, tickets: Chosen = None, *, query: Query = None, dry_run: DryRun = False
) -> int:
    """Take spam back: the status becomes what it was.

    A ticket that came as spam becomes `new`, or `open` if it is somebody's.
    """
    return change(
        context,
        tickets or [],
        lambda desk, ids, actor: verbs.unspam(desk, ids, actor=actor, dry_run=dry_run),
        asking="Take back as no spam:",
        dry_run=dry_run,
        query=query,
    )


SPAM = Command(
    spam,
    usage=("[--sender] [--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk spam 42", "Put ticket 42 out of sight."),
        ("desk spam --sender 42", "And whatever else of this sender nobody has answered."),
        ("desk spam -q 'status:new subject:viagra'", "All new tickets with that word in the subject."),
        ("desk show --raw 42.1 | spamc -L spam", "Teach SpamAssassin."),
    ),
    see_also=("unspam", "status", "undo"),
)
UNSPAM = Command(
    unspam,
    usage=("[--dry-run] ID...", "[--dry-run] -q QUERY"),
    examples=(
        ("desk unspam 42", "It was none: back to where it was."),
        ("desk unspam -q 'status:spam from:@example.com'", "All that came from there."),
    ),
    see_also=("spam", "undo"),
)
