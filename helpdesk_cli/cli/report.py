"""`desk report`: what the tickets come to."""

import importlib
import os
from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.formats import as_text
from helpdesk_cli.cli.here import desk_of, reader_of
from helpdesk_cli.cli.listing import tell_problems
from helpdesk_cli.cli.options import Json, Query
from helpdesk_cli.cli.output import Output, render
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.report_files import as_html, as_markdown, data_table
from helpdesk_cli.cli.report_page import (
    PAGES,
    file_in,
    page_of,
    require_fit,
    require_mail_alone,
    require_name,
    send_digest,
    service_report,
)
from helpdesk_cli.cli.report_view import IN_A_PIPE, lines
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.report import Report, Wish, report, summaries
from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.refusal import likely
from helpdesk_cli.reports.figures.groups import BY

FORMS = ("table", "csv", "tsv", "json", "md", "html")
_ENDINGS = {
    ".txt": "table",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".md": "md",
    ".html": "html",
    ".htm": "html",
}


def tell(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]", autocompletion=complete.reports, help="The report; without one, a list of them."
        ),
    ] = "",
    rest: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    *,
    period: Annotated[
        str,
        typer.Option(
            "--period",
            metavar="PERIOD",
            autocompletion=complete.periods,
            help="`yesterday`, `lastweek`, `2026-10`, `2026Q3`, `7d`, `2026-01..2026-03` ...; else `30d`.",
        ),
    ] = "",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="WHAT",
            autocompletion=complete.report_groups,
            help=f"A row for each: {', '.join(BY)}.",
        ),
    ] = "",
    query: Query = None,
    compare: Annotated[
        str,
        typer.Option("--compare", metavar="previous", help="Beside the figures, how the period before was."),
    ] = "",
    business: Annotated[
        bool,
        typer.Option(
            "--business/--wall", help="Working time of the calendar, as usual, or all time by the wall."
        ),
    ] = True,
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of",
            metavar="DATE|REV",
            help="As things were at a commit; or as they are known today, up to a date.",
        ),
    ] = "",
    top: Annotated[
        int,
        typer.Option(
            "--top", metavar="N", min=0, help="Rows of long lists and of groups that people see; 0 is all."
        ),
    ] = 10,
    section: Annotated[
        str,
        typer.Option("--section", metavar="NAME", help="Only this table of the report."),
    ] = "",
    form: Annotated[
        str,
        typer.Option(
            "--output",
            "-O",
            metavar="FORMAT",
            help=f"The format: {', '.join(f'`{each}`' for each in FORMS)}.",
        ),
    ] = "",
    as_json: Json = False,
    customer: Annotated[
        str,
        typer.Option(
            "--customer",
            metavar="WHO",
            autocompletion=complete.customers,
            help="A report to give to them: of their tickets alone, with nothing that they may not see.",
        ),
    ] = "",
    mail: Annotated[
        str,
        typer.Option(
            "--mail",
            metavar="leads|WHO",
            help="With `digest`: by mail to the leads, an agent, a team or an address; several with commas.",
        ),
    ] = "",
    file: Annotated[
        str,
        typer.Option(
            "--output-file",
            "-o",
            metavar="FILE",
            help="Write into FILE, in the form that its name ends with: `.csv`, `.json`, `.html` ...; a page"
            " also into a folder, as index.html.",
        ),
    ] = "",
) -> None:
    """Tell what the tickets come to: how much, how soon, how well.

    Each figure has its definition below its table; docs/reports.md has them all. Spam and what was merged
    into other tickets count nowhere. Days, weeks and months are those of the desk's time zone; times are
    working time of the calendar `office` in sla.yaml. What `goals:` in desk.yaml says stands beside the
    figures.

    A report is a table also in a pipe, for a mail of cron's; `csv` and `tsv` have one of its tables, the
    first or that which `--section` names, with lengths in seconds and shares from 0 to 1.

    `html` is a page for a browser with pictures; it needs no server and loads nothing. `--customer` makes the
    report that a customer gets. Files hold words of customers: a new one can be read by its owner alone.

    `--mail` puts the digest into the outbox, for each recipient once for a period. `digest:` in desk.yaml
    lets `desk cron` do so every day or week.

    `--as-of REV` reads the tickets of that commit, at its time. `--as-of DATE` takes today's tickets as far
    as they had come by then; what was recorded only later is named. A word that is both is a date: write
    `refs/tags/2026Q3` for a tag of that name.
    """
    session = session_of(context)
    output = Output(session)
    how = {"--section": section, "--output": form, "--json": as_json, "--output-file": file}
    what = {"--period": period, "--by": by, "--query": query, "--compare": compare, "--as-of": as_of}
    require_name(name or customer or mail, rest or (), what | how | {"--wall": not business})
    name = require_fit(name, customer=customer, mail=mail)
    if mail:
        require_mail_alone(how)
    if name in PAGES:
        file = file_in(file)
        form = form or ("" if file else PAGES[name])
    form = _form_of("json" if as_json else form, file)
    if compare not in {"", "previous"}:
        raise UsageError(f'"{compare}" cannot be compared with', "--compare", "Write `--compare previous`.")
    if not name:
        for each, summary in summaries():
            output.line(f"{each:<10} {summary}")
        return
    if form == "html" and not file and output.to_terminal:
        raise UsageError(
            "a page is for a browser", hint=f"Write it into a file: desk report {name} -o page.html"
        )
    desk = desk_of(session)
    is_compared = compare == "previous" or name == "html"
    wish = Wish(period, by, query or "", is_compared, not business, as_of, top)
    if mail:
        send_digest(output, desk, wish, mail)
        return
    actor, progress = reader_of(desk, session), reporter("ticket files", session)
    found = (
        service_report(desk, customer, wish, actor=actor, progress=progress)
        if customer
        else report(desk, name, wish, actor=actor, progress=progress)
    )
    found = _only(found, section)
    _write(output, found, form, file=file, desk=desk)
    tell_problems(output, [problem for _, problem in found.problems])


def _write(output: Output, found: Report, form: str, *, file: str, desk: Desk) -> None:
    """Into the file, else to the person or the pipe."""
    if file:
        importlib.import_module("helpdesk_cli.desk.saving").save(file, _pieces(found, form, desk))
    elif form == "json":
        output.json(found.json())
    elif form in {"", "table"}:
        is_known = output.to_terminal or "COLUMNS" in os.environ
        output.page(lines(found, width=output.width if is_known else IN_A_PIPE))
    else:
        output.pieces(_pieces(found, form, desk))
    if form in {"csv", "tsv"} and len(found.sections) > 1:
        others = ", ".join(each.name for each in found.sections[1:])
        output.note(f"This is {found.sections[0].name}; `--section` gives the others: {others}.")


def _form_of(form: str, file: str) -> str:
    """The form to write in: as said, else by the file's name. Raises UsageError."""
    if form and form not in FORMS:
        raise UsageError(f'there is no output format "{form}"', hint=likely(form.casefold(), FORMS))
    if form or not file:
        return form
    ending = PurePath(file).suffix.casefold()
    if ending not in _ENDINGS:
        hint = f"End it with {', '.join(_ENDINGS)}, or say the form with -O."
        raise UsageError("the name does not say the form of the file", file, hint)
    return _ENDINGS[ending]


def _only(found: Report, name: str) -> Report:
    """The report with the section of that name alone; whole for "". Raises UsageError."""
    if not name:
        return found
    known = [each.name for each in found.sections]
    if name not in known:
        raise UsageError(f'there is no section "{name}"', "--section", likely(name.casefold(), known))
    return found.only(name)


def _pieces(found: Report, form: str, desk: Desk) -> Iterator[str]:
    """The report as a text in that form."""
    if form == "json":
        formats = importlib.import_module("helpdesk_cli.cli.formats")
        yield formats.as_json(found.json(), indent=2) + "\n"
    elif form == "md":
        yield from as_markdown(found)
    elif form == "html":
        yield from page_of(desk, found) if found.name in PAGES else as_html(found)
    elif form in {"csv", "tsv"}:
        section = found.sections[0]
        yield as_text(data_table(section, found, found.before_of(section)), form)
    else:
        for line in lines(found):
            yield render(line, colored=False) + "\n"


COMMAND = Command(
    tell,
    usage=("[NAME] [OPTIONS]",),
    examples=(
        ("desk report volume --period lastweek --compare previous", "What came in, beside the week before."),
        ("desk report sla --period 2026Q3 --by team", "How soon each team answered in a quarter."),
        ("desk report agents --by month --query assignee:me", "My tickets, month by month."),
        ("desk report backlog", "What is open, whose it is, and how old."),
        ("desk report quality --query tag:vip", "How well it goes for some."),
        (
            "desk report sla --period 2026-10 --as-of 2026-11-01",
            "October as it stood on the first of November.",
        ),
        ("desk report volume --by month --period 2026 -o volume.csv", "A file for a spreadsheet."),
        ("desk report html --period lastweek -o page.html", "The dashboard: all of it on one page."),
        ("desk report digest --period lastweek --mail leads", "The week to the leads, once however often."),
        ("desk report --customer acme --period 2026Q3 -o acme.html", "A quarter's service, to give to Acme."),
    ),
    see_also=("sla", "csat", "count", "query", "output"),
)
