"""`desk reply`: answer the people who wrote."""

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.answering import Call, Wish, deliver
from helpdesk_cli.cli.changing import meant
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.durations import read_length
from helpdesk_cli.cli.options import Chosen, DryRun, Query
from helpdesk_cli.cli.reply_edit import write_in_editor
from helpdesk_cli.cli.reply_many import answer_many
from helpdesk_cli.cli.session import is_terminal, session_of
from helpdesk_cli.cli.texts import STDIN, MessageText, TextFile, read_text
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk import reply as verbs
from helpdesk_cli.desk import reply_body as texts
from helpdesk_cli.desk import reply_plan as plans
from helpdesk_cli.desk.enclosures import enclose
from helpdesk_cli.desk.reply_words import first_answer
from helpdesk_cli.desk.sending import When
from helpdesk_cli.errors import CancelledError, UsageError
from helpdesk_cli.mail.address_list import read_list
from helpdesk_cli.values import replace

To = Annotated[
    list[str] | None, typer.Option("--to", metavar="WHO", help="Write to these, too; may be given again.")
]
Cc = Annotated[list[str] | None, typer.Option("--cc", metavar="WHO", help="Send these a copy, too.")]
Attach = Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE", help="Send this file along.")]
Status = Annotated[
    str,
    typer.Option(
        "--status", metavar="STATUS", autocompletion=complete.statuses, help="The status afterwards."
    ),
]
Spent = Annotated[
    str, typer.Option("--spent", metavar="TIME", help="How long it took you: `8m`, `1h30m`; for reports.")
]
Send = Annotated[
    str,
    typer.Option("--send", metavar="WHEN", help="`now` or `queue`; without it now, where this desk sends."),
]
Anyway = Annotated[bool, typer.Option("--anyway", help="Send it also when something came since you began.")]


def reply(
    context: typer.Context,
    tickets: Chosen = None,
    *,
    query: Query = None,
    template: Annotated[
        str,
        typer.Option(
            "--template",
            "-t",
            metavar="NAME",
            autocompletion=complete.templates,
            help="Begin with a template.",
        ),
    ] = "",
    message: MessageText = "",
    file: TextFile = "",
    to: To = None,
    cc: Cc = None,
    only: Annotated[
        bool, typer.Option("--only", help="Only to those of --to and --cc, or only to the requester.")
    ] = False,
    attach: Attach = None,
    status: Status = "",
    spent: Spent = "",
    send: Send = "",
    no_edit: Annotated[
        bool, typer.Option("--no-edit", help="Send the template as it stands, without the editor.")
    ] = False,
    anyway: Anyway = False,
    dry_run: DryRun = False,
) -> int:
    """Answer the people who wrote.

    Without a text the editor opens: From, To, Cc and Subject, an empty line, your answer; below the line of
    scissors the message you answer. `42.3` answers that message. Leaving the text empty or as it was cancels.
    What you typed is kept whatever happens, and the next `desk reply` goes on with it.

    An answer goes to the requester and to whom the desk wrote before. Others who were named in a mail are
    offered in the editor, and taken only if you say so. Before it is sent you see who gets it; somebody new
    is asked about (`--yes` answers). When a message or a colleague's answer came since you began you are
    shown it and asked again, or the answer is refused with exit 5 where nobody can be asked (`--anyway`).

    Afterwards a ticket that was active waits (`pending`; `--status` says otherwise), and one that was
    nobody's is yours. Several tickets get one answer each, filled in from the template for each of them.
    """
    tickets = tickets or []
    if file == STDIN and STDIN in tickets:
        raise UsageError("standard input cannot be both the tickets and the text")
    if template and (message or file):
        raise UsageError("the text is given twice", hint="Use a template or a text.")
    if no_edit and not template:
        raise UsageError("there is nothing to send without a template", "--no-edit", "Give -t, -m or -F.")
    session = session_of(context)
    words = read_ids(tickets) if query is None else []
    call = Call.begin(session, wish_of(to, cc, send, anyway=anyway, dry_run=dry_run))
    can_edit = is_terminal(0) and session.may_ask and not no_edit
    call.wish = replace(
        call.wish,
        text=read_typed(message, file) if message or file else None,
        template=template,
        only=only,
        files=enclose(call.desk, attach or []),
        attach=tuple(attach or ()),
        status=verbs.check_status(call.desk, status) if status else "",
        spent=read_length(spent, place="--spent"),
        edits=not (message or file) and can_edit,
    )
    if query is not None:
        words = meant(call.desk, session, tickets, query, call.actor)
        if not words:
            return 0
    if call.wish.text is None and not template and not call.wish.edits:
        raise CancelledError("there is no text", hint="Give it with -m TEXT, -F FILE or --template NAME.")
    if len(words) > 1:
        return answer_many(call, words)
    plan = plans.plan_reply(call.desk, words[0], actor=call.actor)
    first = begin(call, plan)
    if call.wish.edits:
        return write_in_editor(call, plan, first)
    return cast("int", deliver(call, plan, first, seen=verbs.all_seen(plan.ticket), may_edit=False))


def begin(call: Call, plan: plans.Plan) -> verbs.Answer:
    """The answer to one ticket, as the command line wishes it."""
    wish = call.wish
    return first_answer(
        call.desk,
        plan,
        actor=call.actor,
        text=wish.text or "",
        template=wish.template,
        to=wish.to,
        cc=wish.cc,
        only=wish.only,
        files=wish.files,
        status=wish.status,
        spent=wish.spent,
    )


def read_typed(message: str, file: str) -> str:
    """The text of -m or -F. Raises UsageError where it is no text."""
    text = read_text(message, file, asks="", may_edit=False)
    return texts.check_text(text, place=file if file not in {"", STDIN} else "the text")


def wish_of(to: list[str] | None, cc: list[str] | None, send: str, *, anyway: bool, dry_run: bool) -> Wish:
    """What all who send mail say alike. Raises UsageError."""
    return Wish(
        to=read_list(", ".join(to or []), place="--to"),
        cc=read_list(", ".join(cc or []), place="--cc"),
        when=_when(send),
        anyway=anyway,
        dry_run=dry_run,
    )


def _when(word: str) -> When:
    if word not in {"", "now", "queue"}:
        raise UsageError(f'"{word}" is not possible here', "--send", "Say now or queue.")
    return cast("Literal['', 'now', 'queue']", word)


COMMAND = Command(
    reply,
    usage=(
        "[OPTIONS] ID",
        "[OPTIONS] -m TEXT | -F FILE ID...",
        "[OPTIONS] --template NAME [-q QUERY] ID...",
    ),
    examples=(
        ("desk reply 42", "Answer ticket 42 in the editor."),
        ("desk reply 42.3 -m 'It is on its way.' --status resolved", "Answer its third message in one line."),
        ("desk reply 42 -t billing/refund --spent 8m", "Begin with a template, and note eight minutes."),
        (
            "desk reply -q tag:outage -t outage/update",
            "Write to all of them, each by name.",
        ),
    ),
    see_also=("forward", "note", "outbox", "template", "show"),
)
