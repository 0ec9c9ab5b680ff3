"""`desk forward`: hand a message on to a third party."""

from typing import Annotated, cast

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.answering import Call, deliver
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.durations import read_length
from helpdesk_cli.cli.options import DryRun
from helpdesk_cli.cli.reply import Anyway, Attach, Cc, Send, Spent, Status, To, read_typed, wish_of
from helpdesk_cli.cli.reply_edit import write_in_editor
from helpdesk_cli.cli.session import is_terminal, session_of
from helpdesk_cli.cli.texts import MessageText, TextFile
from helpdesk_cli.desk import reply as verbs
from helpdesk_cli.desk import reply_plan as plans
from helpdesk_cli.desk.enclosures import enclose, enclosed_in
from helpdesk_cli.desk.reply_words import first_answer
from helpdesk_cli.errors import CancelledError, UsageError
from helpdesk_cli.values import replace


def forward(
    context: typer.Context,
    ticket: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            autocompletion=complete.tickets,
            help="A message such as `42.3`; of a ticket, the last.",
        ),
    ],
    *,
    to: To = None,
    cc: Cc = None,
    message: MessageText = "",
    file: TextFile = "",
    full: Annotated[bool, typer.Option("--full", help="With the history that the message quotes.")] = False,
    no_files: Annotated[bool, typer.Option("--no-files", help="Without the files of the message.")] = False,
    attach: Attach = None,
    status: Status = "",
    spent: Spent = "",
    send: Send = "",
    anyway: Anyway = False,
    dry_run: DryRun = False,
) -> int:
    """Hand a message on to a third party.

    A supplier, another department: they get your words, and below them the message with its files. The
    requester gets nothing, and the third party no part in the conversation: their answer joins the ticket,
    and `desk reply` goes on writing to the requester only.

    Everybody you forward to is asked about before it is sent (`--yes` answers). The status stays as it is
    unless `--status` says otherwise.
    """
    session = session_of(context)
    call = Call.begin(session, wish_of(to, cc, send, anyway=anyway, dry_run=dry_run))
    edits = not (message or file) and is_terminal(0) and session.may_ask
    if not (message or file or edits):
        raise CancelledError("there is no text", hint="Give it with -m TEXT or -F FILE.")
    if not call.wish.to and not edits:
        raise UsageError("to whom?", "--to", "Name somebody: --to ADDRESS.")
    call.wish = replace(call.wish, edits=edits, attach=tuple(attach or ()), carries=not no_files)
    plan = plans.plan_forward(call.desk, ticket, actor=call.actor)
    first = first_answer(
        call.desk,
        plan,
        actor=call.actor,
        text=read_typed(message, file) if message or file else "",
        to=call.wish.to,
        cc=call.wish.cc,
        files=(*(() if no_files else enclosed_in(call.desk, plan)), *enclose(call.desk, attach or [])),
        status=verbs.check_status(call.desk, status) if status else "",
        spent=read_length(spent, place="--spent"),
        full=full,
    )
    if edits:
        return write_in_editor(call, plan, first)
    return cast("int", deliver(call, plan, first, seen=verbs.all_seen(plan.ticket), may_edit=False))


COMMAND = Command(
    forward,
    usage=("[OPTIONS] ID --to WHO [-m TEXT | -F FILE]",),
    examples=(
        ("desk forward 42 --to carrier@example.net", "Ask the carrier about it, in the editor."),
        (
            "desk forward 42.3 --to carrier@example.net -m 'Where is it?' --status on-hold",
            "Hand on the third message and put the ticket to rest.",
        ),
    ),
    see_also=("reply", "show", "outbox"),
)
