"""`desk sla`: what was promised, how it stands, and what happens when time runs out."""

from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import ask_first, meant, report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of, reader_of
from helpdesk_cli.cli.listing import tell_hidden, tell_problems
from helpdesk_cli.cli.options import DryRun, Fields, Form, Json, Query
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.cli.sla_view import (
    account_lines,
    difference_table,
    promise_table,
    status_table,
)
from helpdesk_cli.cli.words import read_ids
from helpdesk_cli.desk import sla as verbs
from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.sla_check import check
from helpdesk_cli.desk.sla_diff import diff
from helpdesk_cli.desk.sla_run import run
from helpdesk_cli.errors import FindingsError, InvalidFileError, UsageError
from helpdesk_cli.table import Toned
from helpdesk_cli.tickets.as_json import SCHEMA

_MOST_CHANGED = 20
ACTIONS = ("status", "explain", "run", "check", "diff", "reapply")


def sla(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="[status|explain|run|check|diff|reapply]",
            autocompletion=complete.sla_actions,
            help="What to do; else `status`.",
        ),
    ] = "status",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUERY|ID...]",
            autocompletion=complete.terms,
            help="For `status` a query, for `explain` and `reapply` tickets.",
        ),
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="With `status`: also what is done or needs nothing more.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="With `explain`: every stretch of time.")] = False,
    file: Annotated[
        str, typer.Option("--sla", metavar="FILE", help="With `check` and `diff`: another sla.yaml.")
    ] = "",
    period: Annotated[
        str,
        typer.Option("--period", metavar="PERIOD", help="With `diff`: `2026Q3`, `2026-11`, `90d` ..."),
    ] = "90d",
    query: Query = None,
    dry_run: DryRun = False,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> int | None:
    """Show what is due to whom, and act on what is late.

    `status` lists the tickets for which something was promised and is still to be done, what is due first
    in front. LEFT is working time of the policy's calendar. `explain ID` shows how each clock came to what
    it says: every stretch that counted and every one that did not, in local time, to be added up by hand.

    `run` does what the policies' `warn:` say for every warning and breach that is due, each once; `desk
    cron` calls it. It acts on the desk's server only; `--dry-run` shows what it would do anywhere.

    `check` reads `sla.yaml` as it is now: exit code 4 for what is wrong, 1 for what is odd. It prints the
    longest that each promise can let somebody wait by the clock on the wall. `diff --sla FILE` says what
    another file would have made of the tickets of a period.

    The policy that fitted a ticket when it was opened counts for it, as it was then. `reapply` takes the
    one that fits now, from today's file.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    named = list(words or ())
    form = check_form("json" if as_json else form)
    if action == "status":
        _status(output, session, desk, named, every=every, form=form, fields=fields)
    elif action == "explain":
        _explain(output, desk, named, full=full, form=form)
    elif action == "run":
        _none(action, named)
        return report(output, run(desk, dry_run=dry_run), dry_run=dry_run)
    elif action == "check":
        _none(action, named)
        _check(output, desk, file, form=form, fields=fields)
    elif action == "diff":
        _none(action, named)
        _diff(output, session, desk, file, period=period, form=form, fields=fields)
    elif action == "reapply":
        return _reapply(output, session, desk, named, query=query, dry_run=dry_run)
    else:
        hint = f"There are {', '.join(ACTIONS)}; a query stands behind `desk sla status`."
        raise UsageError(f"there is no `desk sla {action}`", hint=hint)
    return None


def _none(action: str, named: list[str]) -> None:
    if named:
        raise UsageError(f"`desk sla {action}` takes no words")


def _status(
    output: Output, session: Session, desk: Desk, named: list[str], *, every: bool, form: str, fields: str
) -> None:
    found = verbs.status(
        desk,
        named,
        actor=reader_of(desk, session),
        everything=every,
        whole=form == "json",
        progress=reporter("ticket files", session),
    )
    if form == "json":
        items = [standing.json() for standing in found.standings]
        head = {"schema": SCHEMA, "kind": "service-levels", "total": len(items), "items": items}
        output.json({**head, "silent": found.silent})
    else:
        is_seen = form == "table" or (not form and output.to_terminal)
        output.table(status_table(found.standings, zone_of(desk), for_people=is_seen), form, fields=fields)
    if found.silent:
        many = "s" if found.silent > 1 else ""
        output.note(f"{found.silent} more ticket{many}, for which nothing is due")
    tell_hidden(output, found.sums)
    tell_problems(output, [problem for _, problem in found.problems])


def _explain(output: Output, desk: Desk, named: list[str], *, full: bool, form: str) -> None:
    ids = read_ids(named)
    if form not in {"", "json"}:
        raise UsageError("`desk sla explain` prints lines, or JSON", "--output")
    lines: list[list[str | Toned]] = []
    for word in ids:
        explained = verbs.explain(desk, word)
        if form == "json" and len(ids) > 1:
            output.json_line(explained.json())
        elif form == "json":
            output.json(explained.json())
        else:
            lines += [[""]] if lines else []
            lines += account_lines(explained, zone_of(desk), full=full)
    if lines:
        output.page(lines)


def _check(output: Output, desk: Desk, file: str, *, form: str, fields: str) -> None:
    found = check(desk, Path(file) if file else None)
    if form == "json":
        output.json(found.json())
    else:
        for error in (*found.errors, *found.oddities):
            output.line(str(error))
    if found.errors:
        number = len(found.errors)
        raise InvalidFileError(f"{number} mistake{'' if number == 1 else 's'}: this file cannot be used")
    if found.promises and form != "json":
        # A report: the same in a pipe.
        output.table(promise_table(found.promises), form or "table", fields=fields)
    if found.oddities:
        raise FindingsError(
            f"{len(found.oddities)} thing{'' if len(found.oddities) == 1 else 's'} to look at"
        )
    if form != "json":
        output.confirm("Nothing to mend.")


def _diff(
    output: Output, session: Session, desk: Desk, file: str, *, period: str, form: str, fields: str
) -> None:
    if not file:
        raise UsageError("which file is to be tried?", "--sla", "Write `desk sla diff --sla NEW.yaml`.")
    found = diff(desk, Path(file), period, progress=reporter("ticket files", session))
    if form == "json":
        output.json(found.json())
        return
    output.table(difference_table(found), form or "table", fields=fields)
    tickets = f"{found.tickets:,} ticket{'' if found.tickets == 1 else 's'} opened"
    number = len(found.changed)
    output.line(f"{tickets}, {number:,} {'comes' if number == 1 else 'come'} out otherwise")
    for each in found.changed[:_MOST_CHANGED]:
        output.line(f"  {each.id}: {each.target} {each.before or 'nothing'} → {each.after or 'nothing'}")
    if len(found.changed) > _MOST_CHANGED:
        output.line(Toned(f"  and {len(found.changed) - _MOST_CHANGED:,} more: --json has all", "faint"))


def _reapply(
    output: Output, session: Session, desk: Desk, named: list[str], *, query: str | None, dry_run: bool
) -> int:
    actor = actor_of(desk, session)
    tickets = meant(desk, session, named, query, actor)
    if not tickets:
        return 0
    if not dry_run:
        ask_first(session, "Reapply the policies of", tickets, query)
    return report(output, verbs.reapply(desk, tickets, actor=actor, dry_run=dry_run), dry_run=dry_run)


COMMAND = Command(
    sla,
    usage=(
        "[status] [--all] [QUERY]...",
        "explain [--full] ID...",
        "run [--dry-run]",
        "check [--sla FILE]",
        "diff --sla FILE [--period PERIOD]",
        "reapply [--dry-run] ID... | -q QUERY",
    ),
    examples=(
        ("desk sla", "What is due, the first in front."),
        ("desk sla status assignee:me due:..2h", "What I have to do within two hours."),
        ("desk sla explain 42", "Why it is due then, to be added up by hand."),
        ("desk sla check", "Look at sla.yaml before it counts."),
        ("desk sla diff --sla new.yaml --period 2026Q3", "What last quarter would have been with it."),
        ("desk sla reapply -q customer.tier:gold", "Let what is open have the policy that fits now."),
    ),
    see_also=("list", "next", "cron", "show"),
)
