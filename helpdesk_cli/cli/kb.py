"""`desk kb`: articles, written once, for many tickets."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.desk.articles import all_articles, find_article, search, suggest_articles
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.show import show as show_ticket
from helpdesk_cli.desk.usage import Usage, count_uses
from helpdesk_cli.errors import DeskError, FindingsError, PartialError, UsageError
from helpdesk_cli.replies.articles import Fit
from helpdesk_cli.table import Column, Table, Value

LIST_COLUMNS = (
    Column("name", "NAME"),
    Column("title", "TITLE", shrinks=True),
    Column("tags", "TAGS", shrinks=True),
    Column("uses", "USES", align="right"),
    Column("last_at", "LAST USED"),
    Column("reopened", "REOPENED", align="right", hidden=True),
    Column("link", "LINK", hidden=True),
    Column("path", "PATH", hidden=True),
)
FOUND_COLUMNS = (
    Column("name", "NAME"),
    Column("title", "TITLE", shrinks=True),
    Column("why", "WHY", shrinks=True),
    Column("points", "POINTS", align="right", hidden=True),
    Column("link", "LINK", hidden=True),
    Column("path", "PATH", hidden=True),
)
ACTIONS = ("list", "search", "show", "suggest")
_MOST_WORDS = 6
MOST = 10


def kb(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="list|search|show|suggest",
            autocompletion=complete.kb_actions,
            help="What to do; else `list`.",
        ),
    ] = "list",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORD|NAME|ID",
            autocompletion=complete.articles,
            help="Words to search for, the name of an article, or a ticket.",
        ),
    ] = None,
    *,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> None:
    """Find articles, and those that fit a ticket.

    Articles are Markdown files in `kb/` with a title, tags and perhaps a link at their head. A reply
    or template names one by `{{ article("vat") }}`: its title and link, or its text where it has no link.

    `search` finds articles by words; `suggest` does so with the ticket's subject, tags and what people
    newly wrote. Both say which words they went by. A word counts more in a tag than in a title, more
    there than in the text, and the more the fewer articles have it. The same files give the same answer.
    Exit code 1 when nothing fits.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    named = list(words or ())
    form = check_form("json" if as_json else form)
    if action == "list":
        if named:
            raise UsageError("`desk kb list` takes no words", hint="`desk kb search WORDS` looks for some.")
        _list(output, session, desk, form=form, fields=fields)
    elif action == "search":
        if not named:
            raise UsageError("`desk kb search` takes words to look for")
        articles, problems = all_articles(desk)
        _found(output, search(articles, named), problems, form=form, fields=fields)
    elif action == "show":
        _show(output, desk, _one(action, named))
    elif action == "suggest":
        ticket = show_ticket(desk, _one(action, named)).ticket
        articles, problems = all_articles(desk)
        _found(output, suggest_articles(articles, ticket), problems, form=form, fields=fields)
    else:
        raise UsageError(f"there is no `desk kb {action}`", hint=f"There are {', '.join(ACTIONS)}.")


def _one(action: str, words: list[str]) -> str:
    if len(words) != 1:
        raise UsageError(f"`desk kb {action}` takes one {'ticket' if action == 'suggest' else 'name'}")
    return words[0]


def _list(output: Output, session: Session, desk: Desk, *, form: str, fields: str) -> None:
    articles, problems = all_articles(desk)
    used, broken = count_uses(desk, progress=reporter("tickets", session))
    rows: list[tuple[Value, ...]] = []
    for article in articles:
        usage = used.get(("article", article.name), Usage())
        rows.append(
            (
                article.name,
                article.title,
                article.tags,
                usage.uses,
                usage.last_at,
                usage.reopened,
                article.link,
                article.place,
            )
        )
    if rows or form or fields or not output.to_terminal:
        output.table(Table("articles", LIST_COLUMNS, tuple(rows)), form, fields=fields)
    else:
        output.confirm("There are no articles yet. Write the first: kb/NAME.md, with `title:` at its head.")
    _tell(output, [*problems, *broken])


def _found(output: Output, fits: list[Fit], problems: list[DeskError], *, form: str, fields: str) -> None:
    rows = tuple(
        (
            fit.article.name,
            fit.article.title,
            tuple(f"{word} ({where})" for word, where in fit.why[:_MOST_WORDS]),
            fit.points,
            fit.article.link,
            fit.article.place,
        )
        for fit in fits[:MOST]
    )
    if rows or form:
        output.table(Table("articles-found", FOUND_COLUMNS, rows), form, fields=fields)
    _tell(output, problems)
    if not rows:
        raise FindingsError("no article fits")


def _show(output: Output, desk: Desk, name: str) -> None:
    article = find_article(desk, name)
    output.line(article.title)
    if article.tags:
        output.line("Tags: ", ", ".join(article.tags))
    if article.link:
        output.line(article.link)
    if article.body:
        output.line("")
        output.text(article.body)


def _tell(output: Output, problems: list[DeskError]) -> None:
    for problem in problems:
        output.error(str(problem))
    if problems:
        raise PartialError(f"{len(problems)} file{'' if len(problems) == 1 else 's'} could not be read")


COMMAND = Command(
    kb,
    usage=("[list] [--json]", "search WORD...", "show NAME", "suggest ID"),
    examples=(
        ("desk kb suggest 42", "What has been written about this, and why it may fit."),
        ("desk kb search vat invoice", "Articles with these words."),
        ("desk kb show billing/vat", "Read one."),
    ),
    see_also=("template", "reply"),
)
