"""`desk show`, `desk path`, `desk attachments`: what is in a ticket."""

import os
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.ask import confirm
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Fields, Form, Json, Tickets
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.presence import presence_text
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.cli.ticket_view import Line, view, view_message
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk import show as verbs
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.drafting import presence
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.table import Column, Table

FILE_COLUMNS = (
    Column("number", "N", align="right"),
    Column("filename", "NAME", shrinks=True),
    Column("content_type", "TYPE"),
    Column("size", "SIZE", align="right"),
    Column("sha256", "SHA256", hidden=True),
    Column("path", "PATH", hidden=True),
)


def show(
    context: typer.Context,
    tickets: Annotated[
        list[str],
        typer.Argument(
            metavar="ID...",
            autocompletion=complete.tickets,
            help="Tickets, messages such as `42.3`, or `-`: see `desk help ids`.",
        ),
    ],
    *,
    full: Annotated[bool, typer.Option("--full", help="Show quoted history and signatures too.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the original mail, byte for byte.")] = False,
    as_json: Json = False,
) -> None:
    """Show tickets, or single messages.

    Quoted history and signatures are folded into one line; `--full` shows them. `42.3` is the third
    message of ticket 42.

    `--raw` prints a message as it came. The originals are on the host that took the mail in, not in
    git; elsewhere the exit code is 3.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    ids = read_ids(tickets)
    if raw:
        for word in ids:
            output.original(verbs.raw_of(desk, word))
    elif as_json:
        for word in ids:
            _show_json(output, desk, word, several=len(ids) > 1)
    else:
        lines: list[Line] = []
        for word in ids:
            lines += [["", ""]] if lines else []
            lines += _view(output, desk, word, full=full)
        output.page(lines)


def _show_json(output: Output, desk: Desk, word: str, *, several: bool) -> None:
    document = verbs.show(desk, word).json()
    if several:
        output.json_line(document)
    else:
        output.json(document)


def _view(output: Output, desk: Desk, word: str, *, full: bool) -> list[Line]:
    width = output.width if output.to_terminal else None
    shown = verbs.show(desk, word)
    if verbs.split_message(word)[1] is not None:
        message = verbs.message_of(desk, word)
        return list(view_message(message, name=word, full=full, width=width, deliveries=shown.deliveries))
    for each in presence(desk, shown.ticket.uid):
        output.note(f"{shown.ticket.id}: {presence_text(each, desk.now)}.")
    if shown.waiting:
        output.note(f"{shown.path}: {shown.waiting} more mail wait for this file to be mended.")
    due = verbs.due_clocks(desk, shown.ticket)
    return list(
        view(
            shown.ticket,
            full=full,
            width=width,
            deliveries=shown.deliveries,
            due=due,
            escalated=shown.escalated,
        )
    )


def path(context: typer.Context, tickets: Tickets) -> None:
    """Print where tickets lie.

    One absolute path a line, for editors and scripts: a ticket is a text file, and what you change in
    it by hand is taken over as if a command had done it.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    for word in read_ids(tickets):
        output.line(str(desk.path(verbs.path_of(desk, word))))


def attachments(
    context: typer.Context,
    ticket: Annotated[
        str,
        typer.Argument(
            metavar="ID", autocompletion=complete.tickets, help="A ticket, or a message such as `42.3`."
        ),
    ],
    number: Annotated[
        int, typer.Argument(metavar="N", help="The attachment's number in the list; without it, the list.")
    ] = 0,
    *,
    file: Annotated[
        str, typer.Option("--out", "-o", metavar="FILE", help="Write it to FILE, or into the folder FILE.")
    ] = "",
    form: Form = "",
    fields: Fields = "",
) -> None:
    """List the attachments of a ticket, or take one out.

    With N, the attachment goes to standard output, or with `-o` to a file. Names are made safe when
    the mail comes in; an attachment never lands outside of the folder that you name.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    if not number:
        if file:
            raise UsageError(
                "which attachment?", hint=f"`desk attachments {ticket}` lists them with their numbers."
            )
        output.table(_list_files(desk, ticket), check_form(form), fields=fields)
        return
    found, content = verbs.attachment_content(desk, ticket, number)
    if file not in {"", "-"}:
        output.confirm(f"{_write(session, Path(file), found.filename, content)}")
    elif output.to_terminal:
        raise UsageError("an attachment is not printed on a terminal", hint="Write it to a file: `-o FILE`.")
    else:
        output.bytes(content)


def _list_files(desk: Desk, ticket: str) -> Table:
    rows = tuple(
        (number, file.filename, file.content_type, file.size, file.sha256, file.path)
        for number, file in enumerate(verbs.attachments(desk, ticket), 1)
    )
    return Table("attachments", FILE_COLUMNS, rows)


def _write(session: Session, target: Path, filename: str, content: bytes) -> Path:
    try:
        if target.is_dir():
            target /= filename
        is_new = not os.path.lexists(target)
        if not is_new:
            confirm(session, f"{target} exists. Overwrite it?")
        # What was not there is made, and nothing else: a link that somebody puts there now is not followed.
        with target.open("xb" if is_new else "wb") as out:
            out.write(content)
    except OSError as error:
        raise NotFoundError(f"cannot be written: {error.strerror}", place=str(target)) from error
    return target


SHOW = Command(
    show,
    usage=("[--full] [--json] ID...", "--raw ID.N..."),
    examples=(
        ("desk show 42", "Read ticket 42."),
        ("desk show --full 42.3", "Read its third message, quoted history included."),
        ("desk show --raw 42.1 > mail.eml", "Take out the original mail."),
        ("desk show --json 42 | jq '.ticket.timeline[].kind'", "Hand it to another program."),
    ),
    see_also=("list", "log", "attachments", "json"),
)
PATH = Command(
    path,
    usage=("ID...",),
    examples=(
        ('grep -n VAT "$(desk path 42)"', "Search in a ticket's file."),
        ("desk list -O ids | desk path -", "Where all listed tickets lie."),
    ),
    see_also=("show",),
)
ATTACHMENTS = Command(
    attachments,
    usage=("ID", "ID N [-o FILE]"),
    examples=(
        ("desk attachments 42", "List what came with ticket 42."),
        ("desk attachments 42 1 -o .", "Write the first attachment into the current folder."),
        ("desk attachments 42.3 2 | tar tz", "Look into the second attachment of the third message."),
    ),
    see_also=("show",),
)
