"""`desk ack explain`: which rule decides whether a mail is acknowledged."""

from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.mail_argument import read_mail
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.ack_explain import Explained, explain_mail, explain_ticket
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.answerable_words import ROWS
from helpdesk_cli.mail.received import Envelope

_SAID = {True: "yes", False: "no", None: "not asked"}


def explain(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="explain", help="What to do: `explain`.")],
    mail: Annotated[
        str,
        typer.Argument(
            metavar="ID|FILE",
            autocompletion=complete.tickets,
            help="A ticket, or a file with a mail in it (`-` for standard input).",
        ),
    ],
    *,
    sender: Annotated[
        str | None,
        typer.Option("--sender", metavar="ADDRESS", help="Of a file: the envelope's sender; empty for null."),
    ] = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option("--recipient", metavar="ADDRESS", help="Of a file: the envelope's recipient."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a mail is acknowledged, and by which rule.

    Rules A1 to A18 (docs/automatic-mail.md) are asked one after the other, and the first that forbids
    decides. For a ticket, what was decided when its mail came in stands in its file: later rules were
    not asked then. For a mail in a file all are asked, as if it came in now; nothing is written. Say
    `--sender`, as the mail server would: without it rule A1 forbids.
    """
    if what != "explain":
        raise UsageError(f'there is nothing called "{what}" to do', "ack", "Say `desk ack explain ID`.")
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    if mail == "-" or Path(mail).is_file():
        found = explain_mail(desk, read_mail(mail), Envelope(sender, tuple(recipient or ())))
    elif "/" in mail or mail.endswith(".eml"):
        raise NotFoundError("there is no such file", mail, "Name a mail in a file, or a ticket.")
    elif sender is not None or recipient:
        raise UsageError("--sender and --recipient are for a mail in a file", "ack explain")
    else:
        found = explain_ticket(desk, mail)
    if as_json:
        output.json(as_document(found))
        return
    output.line(verdict(found))
    if found.rule == "A1" and not found.ticket and sender is None:
        output.note("Say who sent it, as the mail server would: `--sender ADDRESS`.")
    if found.held:
        output.note(f"It would not be written now: {found.held}.")
    width = max(map(len, _SAID.values()))
    for row, forbids in found.rows:
        output.line(f"{row:<4} {_SAID[forbids]:<{width}}  {ROWS[row]}")


def verdict(found: Explained) -> str:
    """The decision in a sentence."""
    name = f"{found.ticket}: " if found.ticket else ""
    if found.decision == "no":
        by = f" by {found.rule}" if found.rule in ROWS else ""
        return f"{name}no acknowledgement{by}: {found.why}"
    if found.decision == "sent":
        return f"{name}{found.why}"
    return f"{name}a {found.text} acknowledgement"


def as_document(found: Explained) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "schema": "desk/1",
        "kind": "acknowledgement",
        "ticket": found.ticket or None,
        "decision": found.decision,
        "rule": found.rule or None,
        "why": found.why or None,
        "text": found.text or None,
        "held": found.held or None,
        "rules": [{"rule": row, "forbids": forbids, "what": ROWS[row]} for row, forbids in found.rows],
    }


COMMAND = Command(
    explain,
    usage=("explain [--json] ID", "explain [--json] --sender ADDRESS [--recipient ADDRESS]... FILE"),
    examples=(
        ("desk ack explain 42", "Say why ticket 42 was acknowledged, or was not."),
        (
            "desk ack explain --sender ada@example.org mail.eml",
            "Say what would become of a mail that comes in now.",
        ),
        ("desk ack explain --json 42 | jq -r .rule", "The rule that decided, for a program."),
    ),
    see_also=("ingest", "cron", "csat"),
)
