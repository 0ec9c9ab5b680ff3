"""`desk template`: what we say often, written once."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of, reader_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.letters import subject_for
from helpdesk_cli.desk.show import show as show_ticket
from helpdesk_cli.desk.template_lint import lint
from helpdesk_cli.desk.templates import find_template, render, template_names
from helpdesk_cli.desk.usage import Usage, count_uses
from helpdesk_cli.errors import DeskError, FindingsError, InvalidFileError, PartialError, UsageError
from helpdesk_cli.replies.template import Template
from helpdesk_cli.replies.variables import variables_for
from helpdesk_cli.table import Column, Table, Toned, Value

LIST_COLUMNS = (
    Column("name", "NAME"),
    Column("for", "FOR"),
    Column("status", "SETS STATUS"),
    Column("about", "ABOUT", shrinks=True),
    Column("subject", "SUBJECT", hidden=True),
    Column("path", "PATH", hidden=True),
    Column("shipped", "SHIPPED", hidden=True),
)
STATS_COLUMNS = (
    Column("name", "NAME", shrinks=True),
    Column("uses", "USES", align="right"),
    Column("last_at", "LAST USED"),
    Column("reopened", "REOPENED", align="right"),
    Column("exists", "EXISTS", hidden=True),
)
ACTIONS = ("list", "show", "render", "lint", "stats")


def template(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="list|show|render|lint|stats",
            autocompletion=complete.template_actions,
            help="What to do; else `list`.",
        ),
    ] = "list",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME|ID",
            autocompletion=complete.templates,
            help="A template (`refund` does for `billing/refund`), and for `render` a ticket.",
        ),
    ] = None,
    *,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> None:
    """Look at the templates for replies, try them, check them.

    Templates are Markdown files in `templates/`; their folders are part of their names. `show` prints
    one as it is written, with the variables that it may use; `render NAME ID` prints what would be sent
    for that ticket, and sends nothing.

    `lint` reads every template and article and fills each template for a ticket that has only what
    every ticket has. Exit code 4 when one can never be sent, 1 when there are tickets for which one
    could not be: a variable may be empty and has no default.

    `stats` counts the messages that went out with each, and how often the ticket was reopened after.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    named = list(words or ())
    form = check_form("json" if as_json else form)
    if action == "list":
        _none(action, named)
        _list(output, desk, form=form, fields=fields)
    elif action == "show":
        _show(output, desk, *_some(action, named, 1))
    elif action == "render":
        _render(output, session, desk, *_some(action, named, 2))
    elif action == "lint":
        _lint(output, desk, named)
    elif action == "stats":
        _none(action, named)
        _stats(output, session, desk, form=form, fields=fields)
    else:
        raise UsageError(f"there is no `desk template {action}`", hint=f"There are {', '.join(ACTIONS)}.")


def _none(action: str, words: list[str]) -> None:
    if words:
        raise UsageError(f"`desk template {action}` takes no names")


def _some(action: str, words: list[str], number: int) -> list[str]:
    if len(words) != number:
        wanted = "NAME" if number == 1 else "NAME ID"
        raise UsageError(f"`desk template {action}` takes {wanted}", hint="`desk template list` shows names.")
    return words


def _list(output: Output, desk: Desk, *, form: str, fields: str) -> None:
    rows: list[tuple[Value | Toned, ...]] = []
    problems: list[DeskError] = []
    for name in template_names(desk):
        try:
            found = find_template(desk, name)
        except DeskError as error:
            problems.append(error)
            continue
        rows.append(
            (name, found.purpose, found.status, found.about, found.subject, _path(found), found.is_shipped)
        )
    output.table(Table("templates", LIST_COLUMNS, tuple(rows)), form, fields=fields)
    _tell(output, problems)


def _path(found: Template) -> str:
    return "" if found.is_shipped else found.place


def _tell(output: Output, problems: list[DeskError]) -> None:
    for problem in problems:
        output.error(str(problem))
    if problems:
        raise PartialError(f"{len(problems)} file{'' if len(problems) == 1 else 's'} could not be read")


def _show(output: Output, desk: Desk, name: str) -> None:
    found = find_template(desk, name)
    if found.subject:
        output.line("Subject: ", found.subject)
    if found.status:
        output.line("Sets status: ", found.status)
    if found.subject or found.status:
        output.line("")
    output.text(found.body)
    if output.to_terminal:
        output.line("")
        output.line(Toned("Variables:", "faint"))
        for variable in variables_for(found.purpose).values():
            output.line(Toned(f"  {variable.name:<22}{variable.about}", "faint"))


def _render(output: Output, session: Session, desk: Desk, name: str, word: str) -> None:
    actor = reader_of(desk, session)
    ticket = show_ticket(desk, word).ticket
    found = find_template(desk, name)
    extra = {each.name: f"<{each.name}>" for each in variables_for(found.purpose).values() if each.purpose}
    rendered = render(
        desk, found, ticket, agent=desk.settings.agent(actor.key) if actor else None, extra=extra
    )
    output.line("Subject: ", rendered.subject or subject_for(ticket))
    output.line("")
    output.text(rendered.text)


def _lint(output: Output, desk: Desk, names: list[str]) -> None:
    slips = lint(desk, names)
    for slip in slips:
        output.line(str(slip.error))
    broken = {slip.error.place.rpartition(":")[0] for slip in slips if slip.is_broken}
    if broken:
        raise InvalidFileError(
            f"{len(broken)} file{'' if len(broken) == 1 else 's'} cannot be used like this"
        )
    if slips:
        raise FindingsError("there are tickets for which these could not be sent")
    output.confirm("Nothing to mend.")


def _stats(output: Output, session: Session, desk: Desk, *, form: str, fields: str) -> None:
    used, problems = count_uses(desk, progress=reporter("tickets", session))
    there = template_names(desk)
    names = {*there, *(name for kind, name in used if kind == "template")}
    usages = [(name, used.get(("template", name), Usage())) for name in names]
    usages.sort(key=lambda item: (-item[1].uses, item[0]))
    rows = tuple((name, usage.uses, usage.last_at, usage.reopened, name in there) for name, usage in usages)
    output.table(Table("template-stats", STATS_COLUMNS, rows), form, fields=fields)
    _tell(output, problems)


COMMAND = Command(
    template,
    usage=(
        "[list] [--json]",
        "show NAME",
        "render NAME ID",
        "lint [NAME]...",
        "stats [--json]",
    ),
    examples=(
        ("desk template", "What there is."),
        ("desk template render billing/refund 42", "What Ada would get."),
        ("desk template lint", "Check all of them, for instance before a merge."),
        ("desk template stats", "Which are used, and after which tickets are reopened."),
    ),
    see_also=("kb", "reply"),
)
