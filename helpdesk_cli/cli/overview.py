"""What bare `desk` shows."""

from collections.abc import Sequence

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.list_columns import table_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.asking import local_text
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.finding import Line
from helpdesk_cli.desk.overview import overview
from helpdesk_cli.table import Toned

IN_OVERVIEW = 20


def look(context: typer.Context, *, as_json: Json = False) -> None:
    """Show what needs attention.

    The tickets that need us, how many wait for others or are snoozed, and what is wrong with the desk.
    This is what `desk` alone does.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    seen = overview(desk, limit=0 if as_json else IN_OVERVIEW, progress=reporter("ticket files", session))
    if as_json:
        output.json(seen.json())
        return
    if seen.need_us:
        output.table(table_of(desk, seen.need_us, _columns(desk, seen.need_us), for_people=True), "table")
    if seen.needing > len(seen.need_us):
        output.line(Toned(f"and {seen.needing - len(seen.need_us):,} more: `desk list`", "faint"))
    told = [
        f"{_count(seen.needing, 'needs', 'need')} us",
        f"{_count(seen.waiting, 'waits', 'wait')} for others",
        *([f"{seen.snoozed:,} snoozed until {local_text(desk, seen.wakes_at)}"] if seen.wakes_at else []),
        f"{seen.done:,} done",
    ]
    output.line(" · ".join(told))
    for problem in seen.problems:
        output.error(problem)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _columns(desk: Desk, lines: Sequence[Line]) -> tuple[str, ...]:
    """Those of lists, and the time that is left, where any of these tickets has a clock."""
    shown = desk.settings.list_columns
    if "sla" in shown or not any(line.clock for line in lines):
        return shown
    place = shown.index("requester") if "requester" in shown else len(shown)
    return (*shown[:place], "sla", *shown[place:])


COMMAND = Command(
    look,
    usage=("[--json]",),
    examples=(("desk overview", "The same as `desk` alone."),),
    see_also=("list",),
)
