"""`desk next`: the one ticket to do now, and why."""

from collections.abc import Iterator
from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of, reader_of
from helpdesk_cli.cli.list import Terms
from helpdesk_cli.cli.options import Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.finding import Line
from helpdesk_cli.desk.listing import line_json, moment
from helpdesk_cli.desk.next import next_ticket, take_next
from helpdesk_cli.sla.words import due_text
from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.escapes import one_line
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import short_length

_COLUMNS = (
    Column("id", "ID"),
    Column("why", "WHY"),
    Column("requester", "FROM"),
    Column("subject", "SUBJECT"),
)


def next_(
    context: typer.Context,
    words: Terms = None,
    *,
    take: Annotated[bool, typer.Option("--take", "-t", help="Take it: it becomes yours.")] = False,
    form: Form = "",
    as_json: Json = False,
) -> None:
    """Give the one ticket to do now, and why.

    It is active, not snoozed, yours or nobody's, and nobody else has an answer to it open. What `sla.yaml`
    promises goes first, by when it is due. Of the rest, what has the greatest priority; then those who
    wait for an answer, by priority, yours before nobody's, the longest waiting. Words of a query narrow
    it down.

    `--take` makes it yours; two agents who ask at once are given two tickets. Where there is nothing to
    do, the exit code is 3.
    """
    session = session_of(context)
    output = Output(session)
    form = check_form("json" if as_json else form)
    desk = desk_of(session)
    progress = reporter("ticket files", session)
    if take:
        actor: Actor | None = actor_of(desk, session)
        assert actor is not None  # noqa: S101 - actor_of gives one or raises
        found = take_next(desk, words or [], actor=actor, progress=progress)
    else:
        actor = reader_of(desk, session)
        found = next_ticket(desk, words or [], actor=actor, progress=progress)
    line, why = found.line, list(reasons(desk, found.line, None if found.taken else actor))
    if form == "json":
        head = {"schema": SCHEMA, "kind": "next", "ticket": line_json(line)}
        output.json({**head, "why": why, "taken": found.taken, "left": found.left})
    elif form or not output.to_terminal:
        person, subject = one_line(Person.read(line.row.requester).label), one_line(line.row.subject)
        output.table(Table("next", _COLUMNS, ((line.row.id, ", ".join(why), person, subject),)), form)
    else:
        verb = " is yours" if found.taken else ""
        first, *rest = output.folded(f"{line.row.id}{verb}: {', '.join(why)}", indent="  ")
        output.line(Toned(line.row.id, "strong"), first.removeprefix(line.row.id))
        asked = f"  {one_line(Person.read(line.row.requester).label)}: {one_line(line.row.subject)}"
        for text in (*rest, *output.folded(asked, indent="  ")):
            output.line(text)


def reasons(desk: Desk, line: Line, actor: Actor | None) -> Iterator[str]:
    """Why this one: `urgent`, `new`, `waiting 3h for a first answer`; `yours` where it is the actor's."""
    yield line.row.priority
    yield line.row.status
    if actor and line.row.assignee == actor.key:
        yield "yours"
    if line.clock is not None and line.clock.due is not None:
        yield due_text(line.clock)
    since = moment(line.facts.get("unanswered_at"))
    if since is not None:
        first = "a first" if line.facts.get("first_response_at") is None else "an"
        yield f"waiting {short_length(desk.now - since)} for {first} answer"
        return
    last = moment(line.facts.get("last_message_at"))
    yield f"answered, silent for {short_length(desk.now - last)}" if last else "without a message"


COMMAND = Command(
    next_,
    usage=("[--take] [QUERY...]",),
    examples=(
        ("desk next", "What to do now."),
        ("desk next --take", "The same, and it is yours."),
        ("desk next --take team:billing", "Of the billing team's tickets."),
        ('desk show "$(desk next -O ids)"', "Read it at once."),
    ),
    see_also=("list", "take", "query"),
    dashed_words=True,
)
