"""`desk undo`: take an operation back."""

from datetime import timedelta
from typing import Annotated

import typer

from helpdesk_cli.cli.ask import MANY, confirm
from helpdesk_cli.cli.changing import report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun, Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import undo as verbs
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.operations import Operation, address_of, recent_operations
from helpdesk_cli.errors import UsageError
from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.escapes import one_line

NEWEST = 20
# What is older than this is not undone in passing.
_OLD = timedelta(days=1)
# So much of an operation's name is shown to people; no desk has two that begin alike.
SHORT = 8
_SEEN = ("op", "at", "who", "tickets", "what", "undone_by")
COLUMNS = (
    Column("op", "OPERATION"),
    Column("at", "WHEN"),
    Column("who", "WHO", shrinks=True),
    Column("tickets", "TICKETS"),
    Column("what", "WHAT", shrinks=True),
    Column("undoes", "UNDOES"),
    Column("undone_by", "UNDONE BY"),
)


def undo(
    context: typer.Context,
    operation: Annotated[
        str, typer.Argument(metavar="[OPERATION]", help="Its id, or the beginning of it; else your last one.")
    ] = "",
    *,
    listing: Annotated[
        bool, typer.Option("--list", help="List the last operations instead, newest first.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="AGENT", help="With `--list`: only those of this agent, or `me`.")
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="With `--list`: so many; 0 is all.")
    ] = NEWEST,
    dry_run: DryRun = False,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> int:
    """Take back what a command did.

    An operation is one call of a command, however many tickets it changed; `desk log` and `--list` name
    them. Without a name it is the last of yours that stands; called again, the one before. What was undone
    is done again by undoing that: its operation is named at the end. Operations that came from another
    clone are undone alike.

    Fields get back the value that they would have without it. A field that somebody changed since is left
    as it is and named, with exit 5, and the rest is done. Notes, and messages that were entered by hand,
    are removed, with a stub in their place. A reply that waits in the outbox is not sent; mail that has left
    or came in stays. A ticket that was opened by hand is closed.

    Of a customer's file what came later stays, too; one that was made and not changed since goes again.
    Who was erased stays erased.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    if listing:
        if operation:
            raise UsageError("an operation and --list do not go together")
        me = actor_of(desk, session) if by == "me" else None
        address = address_of(desk, by, me=me) if by else ""
        form = check_form("json" if as_json else form)
        operations = recent_operations(desk, by=address, limit=limit)
        if form == "table" or (not form and output.to_terminal):
            table = _as_seen(operations)
            table = table if fields else table.select(_SEEN)
        else:
            table = _table(operations)
        output.table(table, form, fields=fields, paged=True)
        return 0
    if as_json or form or fields or by:
        raise UsageError("--json, --output, --fields and --by are for --list")
    actor = actor_of(desk, session)
    plan = verbs.plan_undo(desk, operation, actor=actor)
    told = _told(desk, plan)
    if not dry_run and (len(plan.paths) > MANY or _is_doubtful(desk, plan.operation, named=bool(operation))):
        confirm(session, f"Undo {told}?")
    else:
        output.note(f"Undoing {told}.")
    paths = track(plan.paths, total=len(plan.paths), what="tickets", session=session)
    outcome = verbs.undo(desk, plan, actor=actor, paths=paths, dry_run=dry_run)
    code = report(output, outcome, dry_run=dry_run)
    if outcome.recorded and not dry_run:
        output.note(f"`desk undo {outcome.op}` does it again.")
    return code


def _is_doubtful(desk: Desk, operation: Operation, *, named: bool) -> bool:
    """Whether who undoes it may mean another one."""
    return not named and desk.now - operation.at > _OLD


def _told(desk: Desk, plan: verbs.Plan) -> str:
    """`3f9c0a1b2c3d4e5f (status new → closed, by dana, 3 tickets, 2026-11-20 09:12)`."""
    operation, number = plan.operation, len(plan.paths)
    what = f"{number:,} ticket{'' if number == 1 else 's'}"
    if plan.beside and not number:
        what = ", ".join(each.path for each in plan.beside)
    when = operation.at.astimezone(desk.now.tzinfo).strftime("%Y-%m-%d %H:%M")
    return f"{operation.op} ({operation.summary}, by {operation.by}, {what}, {when})"


def _table(operations: list[Operation]) -> Table:
    rows = tuple(
        (
            each.op,
            each.at,
            one_line(each.by),
            each.tickets,
            one_line(each.summary),
            each.undoes,
            each.undone_by,
        )
        for each in operations
    )
    return Table("operations", COLUMNS, rows)


def _as_seen(operations: list[Operation]) -> Table:
    """For people: names short enough to type, what was taken back faint."""
    rows = tuple(
        (
            each.op[:SHORT],
            each.at,
            one_line(each.by),
            each.tickets[0] if len(each.tickets) == 1 else f"{len(each.tickets):,}",
            Toned(one_line(each.summary), "faint" if each.undone_by else "plain"),
            each.undoes[:SHORT],
            each.undone_by[:SHORT],
        )
        for each in operations
    )
    return Table("operations", COLUMNS, rows)


COMMAND = Command(
    undo,
    usage=("[--dry-run] [OPERATION]", "--list [--by AGENT] [--limit N] [-O FORMAT]"),
    examples=(
        ("desk undo", "Take back what you did last."),
        ("desk undo --list", "What was done last, by whom, and the names of it."),
        ("desk undo --dry-run 3f9c", "Show what undoing this operation would change."),
        ("desk undo 3f9c", "Take it back, whoever did it."),
    ),
    see_also=("log", "bulk"),
)
