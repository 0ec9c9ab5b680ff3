"""`desk outbox`: mail on its way out."""

from datetime import datetime
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.ask import confirm
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk import outbox_list
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.outbox import heal, send_due, why_waits
from helpdesk_cli.desk.outbox_list import Listed, Listing
from helpdesk_cli.errors import DeskError, InvalidFileError, NotSentError, PartialError, UsageError
from helpdesk_cli.table import Column, Table, Tone, Toned, Value
from helpdesk_cli.tickets.times import write_time

COLUMNS = (
    Column("name", "NAME"),
    Column("state", "STATE"),
    Column("since", "SINCE"),
    Column("ticket", "TICKET"),
    Column("by", "WHO"),
    Column("to", "TO", shrinks=True),
    Column("subject", "SUBJECT", shrinks=True),
    Column("why", "WHY", shrinks=True),
    Column("next_at", "NEXT TRY"),
    Column("kind", "KIND", hidden=True),
    Column("attempts", "TRIES", align="right", hidden=True),
    Column("queued_at", "QUEUED", hidden=True),
    Column("entry", "ENTRY", hidden=True),
)
_TONES: dict[str, Tone] = {"failed": "alarm", "unknown": "alarm", "sent": "good", "dropped": "faint"}


def outbox(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="list|send|drop", autocompletion=complete.outbox_actions, help="What to do; else `list`."
        ),
    ] = "list",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME|ID...",
            autocompletion=complete.tickets,
            help="Mails by name, or by ticket (`42`) or message (`42.3`); `-`: see `desk help ids`.",
        ),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="List what was sent or dropped in the last month, too.")
    ] = False,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> None:
    """Show mail on its way out, send it, or give it up.

    `list` shows what has not left: `queued` (for the next try, or until sending is switched on),
    `sending`, `failed` (refused for good, or tried for too long), and `unknown`: whoever was sending it
    was ended, and nobody can say whether it left. Such a mail is never sent again unasked.

    `send` tries what is queued now, or the mails that are named. Of one that failed, or of which it is
    not known whether it left, it asks first; it leaves with the same Message-ID, so that most mail
    programs show it once. Who has it already does not get it again.

    `drop` gives mails up. The ticket says so; the message in it stays.

    Exit code 7 when something did not leave.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    if action == "list":
        if words:
            raise UsageError("`desk outbox list` lists all of them", hint="`--all` shows finished ones, too.")
        _list(
            output,
            outbox_list.listing(desk, everything=everything),
            form=form,
            as_json=as_json,
            fields=fields,
        )
        if held := why_waits(desk):
            output.note(f"Nothing leaves from here: {held}.")
    elif action == "send":
        _send(output, session, desk, list(words or ()))
    elif action == "drop":
        _drop(output, session, desk, read_ids(words or ()))
    else:
        raise UsageError(f"there is no `desk outbox {action}`", hint="There are list, send and drop.")


def _list(output: Output, found: Listing, *, form: str, as_json: bool, fields: str) -> None:
    for problem in found.problems:
        output.error(str(problem))
    if as_json:
        items = [_document(mail) for mail in found.mails]
        output.json({"schema": "desk/1", "kind": "outbox", "total": len(items), "items": items})
    elif found.mails or form or fields or not output.to_terminal:
        output.table(Table("outbox", COLUMNS, tuple(map(_row, found.mails))), check_form(form), fields=fields)
    else:
        output.confirm("Nothing waits to be sent.")
    if found.problems:
        raise PartialError(f"{len(found.problems)} of the outbox cannot be read", hint="Run `desk doctor`.")


def _row(mail: Listed) -> tuple[Value | Toned, ...]:
    values: dict[str, Value | Toned] = {column.key: getattr(mail, column.key) for column in COLUMNS}
    values["state"] = Toned(mail.state, _TONES.get(mail.state, "plain"))
    values["to"] = ", ".join(mail.to)
    return tuple(values.values())


def _document(mail: Listed) -> dict[str, object]:
    return {
        "name": mail.name,
        "mail_kind": mail.kind,
        "state": mail.state,
        "ticket": mail.ticket or None,
        "entry": mail.entry or None,
        "by": mail.by or None,
        "to": list(mail.to),
        "subject": mail.subject,
        "queued_at": write_time(mail.queued_at),
        "since": write_time(mail.since),
        "next_at": _time(mail.next_at),
        "attempts": mail.attempts,
        "why": mail.why or None,
    }


def _time(moment: datetime | None) -> str | None:
    return write_time(moment) if moment else None


def _send(output: Output, session: Session, desk: Desk, words: list[str]) -> None:
    if held := why_waits(desk):
        raise NotSentError(held)
    heal(desk)
    if words:
        mails = outbox_list.names_of(desk, read_ids(words))
        for mail in mails:
            if mail.state in {"unknown", "failed"}:
                confirm(session, _question(mail))
        outbox_list.bring_back(desk, mails)
        again = True
    else:
        mails = [mail for mail in outbox_list.listing(desk).mails if mail.state == "queued" and mail.kept]
        again = False
    done = send_due(
        desk, names=[mail.name for mail in mails], again=again, progress=reporter("mails", session)
    )
    after = {mail.name: mail for mail in done}
    left = 0
    for mail in mails:
        now = after.get(mail.name)
        state, why = (
            (now.state, now.why)
            if now
            else ("not tried", "somebody else is sending it, or it was taken back")
        )
        left += state != "sent"
        label = f"{mail.ticket or mail.kind}: to {', '.join(mail.to)}: {state}"
        output.confirm(f"{label} ({why})" if why else label)
    if left:
        raise NotSentError(f"{left} of {len(mails)} did not leave", hint="`desk outbox list` says more.")
    if not mails:
        output.confirm("Nothing waits to be sent.")
    unsettled = sum(mail.state in {"unknown", "failed"} for mail in outbox_list.listing(desk).mails)
    if unsettled and not words:
        are = "is" if unsettled == 1 else "are"
        output.note(f"{unsettled} that failed or may have left {are} not sent unasked: name them.")


def _question(mail: Listed) -> str:
    to = ", ".join(mail.to)
    if mail.state == "unknown":
        return f"{mail.ticket or mail.kind} to {to} may have been sent already ({mail.why}). Send it (again)?"
    return f"{mail.ticket or mail.kind} to {to} failed ({mail.why}). Try it again?"


def _drop(output: Output, session: Session, desk: Desk, words: list[str]) -> None:
    actor = actor_of(desk, session)
    heal(desk)
    mails = outbox_list.names_of(desk, words)
    errors: list[DeskError] = []
    for mail in mails:
        to = ", ".join(mail.to)
        confirm(session, f"Give up {mail.ticket or mail.kind} to {to} ({mail.state})?")
        try:
            outbox_list.drop(desk, mail, actor=actor)
        except (UsageError, InvalidFileError) as error:
            errors.append(error)
            continue
        output.confirm(f"{mail.ticket or mail.kind}: to {to}: dropped")
    if errors:
        raise errors[0]


COMMAND = Command(
    outbox,
    usage=("[list] [--all] [--json]", "send [--yes] [NAME|ID...]", "drop [--yes] NAME|ID..."),
    examples=(
        ("desk outbox", "Show what has not left, and why."),
        ("desk outbox send", "Try everything that is queued now."),
        ("desk outbox send 42.3", "Send the third message of ticket 42, after asking if need be."),
        ("desk outbox drop 42", "Give up what ticket 42 still has to send."),
        (
            "desk outbox --json | jq -r '.items[] | select(.state == \"unknown\") | .name'",
            "Names for a script.",
        ),
    ),
    see_also=("show", "doctor", "exit-codes"),
)
