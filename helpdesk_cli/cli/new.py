"""`desk new`: what did not come by mail."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.draft import read_draft_text, write_draft_text
from helpdesk_cli.cli.editor import edit_text
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import is_terminal, session_of
from helpdesk_cli.cli.texts import STDIN, MessageText, TextFile, read_text
from helpdesk_cli.desk import new as verbs
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.errors import InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.tickets.person import NOBODY, Person


def new(
    context: typer.Context,
    *,
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="ID",
            autocompletion=complete.tickets,
            help="Add what was said to this ticket instead of opening one.",
        ),
    ] = "",
    channel: Annotated[
        str,
        typer.Option(
            "--channel", metavar="WORD", help="How it came: phone, chat, form, social, sms and so on."
        ),
    ] = "phone",
    requester: Annotated[
        str,
        typer.Option(
            "--requester", "--for", metavar="WHO", help="Whose request it is: a name, an address, both."
        ),
    ] = "",
    phone: Annotated[
        str, typer.Option("--phone", metavar="NUMBER", help="The requester's telephone number.")
    ] = "",
    handle: Annotated[
        str, typer.Option("--handle", metavar="NAME", help="The requester's name on the other channel.")
    ] = "",
    subject: Annotated[
        str,
        typer.Option(
            "--subject", "-s", metavar="TEXT", help="The subject; the text's first line without it."
        ),
    ] = "",
    message: MessageText = "",
    file: TextFile = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag; may be given again.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="A field, such as `priority=high`; may be given again."
        ),
    ] = None,
    json_file: Annotated[
        str, typer.Option("--json", metavar="FILE", help="Read everything from JSON; `-` is standard input.")
    ] = "",
    dry_run: DryRun = False,
) -> int:
    """Open a ticket for what did not come by mail.

    A telephone call, a chat, a form. With `--on` it is added to a ticket, which is taken up again if
    it was waiting or done. Without a text the editor opens, with the fields to fill in above it.

    `--json` reads one object with the keys `subject`, `text`, `requester` (a text, or an object with
    name, email, phone, handle), `channel`, `tags`, `on`, `at`, `status`, `priority`, `category`,
    `type`, `product`, `team`, `assignee` and `inbox`, and answers with JSON: any program can open
    tickets.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    if json_file:
        draft, ticket = verbs.read_draft(_read_json(json_file))
        return _record(output, desk, draft, ticket or on, actor=actor, dry_run=dry_run, as_json=True)
    given = verbs.Draft(
        _person(requester, phone, handle),
        subject,
        channel=channel,
        tags=tuple(tag or ()),
        fields=_fields(field or []),
    )
    if not (message or file) and is_terminal(0) and session.may_ask:
        draft = read_draft_text(edit_text(write_draft_text(given)), given)
    elif not (message or file) and subject:
        draft = given
    else:
        text = read_text(message, file, asks="", may_edit=False)
        draft = verbs.Draft(
            given.requester, subject, text, channel=channel, tags=given.tags, fields=given.fields
        )
    return _record(output, desk, draft, on, actor=actor, dry_run=dry_run, as_json=False)


def _record(
    output: Output, desk: Desk, draft: verbs.Draft, ticket: str, *, actor: Actor, dry_run: bool, as_json: bool
) -> int:
    if ticket:
        outcome = verbs.new_on(desk, ticket, draft, actor=actor, dry_run=dry_run)
        if as_json and outcome.recorded:
            _answer(output, "appended", outcome.recorded[0].id)
            return outcome.exit_code
        return report(output, outcome, dry_run=dry_run)
    opened = verbs.new(desk, draft, actor=actor, dry_run=dry_run)
    if as_json:
        _answer(output, "created", opened.id)
    elif dry_run:
        output.line(f"{opened.id}: would be opened")
    else:
        output.line(f"{opened.id}: opened")
    return 0


def _answer(output: Output, outcome: str, ticket: str) -> None:
    output.json_line({"schema": "desk/1", "kind": "opened", "outcome": outcome, "ticket": ticket})


def _person(requester: str, phone: str, handle: str) -> Person:
    person = Person.read(requester) if requester else NOBODY
    return Person(person.name, person.email, phone or person.phone, handle or person.handle)


def _fields(words: list[str]) -> tuple[tuple[str, str], ...]:
    fields = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise UsageError(
                f'"{word}" is no assignment', "--set", "Write FIELD=VALUE, such as `priority=high`."
            )
        fields.append((name.strip(), value.strip()))
    return tuple(fields)


def _read_json(file: str) -> dict[str, Any]:
    place = "standard input" if file == STDIN else file
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        given = json.loads(data)
    except OSError as error:
        raise NotFoundError(f"cannot be read: {error.strerror}", place=file) from error
    except (ValueError, RecursionError) as error:
        raise InvalidFileError(f"is not JSON: {error}", place=place) from error
    if not isinstance(given, dict):
        raise InvalidFileError("is not a JSON object", place=place, hint="See `desk help new`.")
    return given


COMMAND = Command(
    new,
    usage=("[OPTIONS] [-m TEXT | -F FILE]", "--on ID [OPTIONS] [-m TEXT | -F FILE]", "--json FILE"),
    examples=(
        (
            "desk new --for 'Ada Lovelace' --phone +4930123456 -s 'No invoice' -m 'She got none in May.'",
            "Note down a telephone call.",
        ),
        ("desk new --on 42 --channel chat -m 'It works now.'", "Add what the requester wrote in the chat."),
        (
            """echo '{"subject": "Hello", "channel": "form"}' | desk new --json -""",
            "Open a ticket from a program.",
        ),
    ),
    see_also=("note", "ingest"),
)
